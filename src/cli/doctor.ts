import type { Finding } from '../app/doctor/finding.js';
import { type DoctorReport, examine } from '../app/doctor.js';
import { color } from './color.js';
import type { CommandBody } from './command.js';
import { EXIT } from './exit-codes.js';
import { withApp } from './open-app.js';
import { count, Output } from './output.js';

/** `redrain doctor`: what is wrong and the command that mends it. */
export const run: CommandBody = (call) =>
  withApp(call, async (app) => {
    const report = await examine(app);
    new Output(call.globals).result(report, () => tell(report));
    return report.ok ? EXIT.done : EXIT.checkFailed;
  });

function tell({ checks, ok }: DoctorReport): string {
  const problems = checks.filter(({ status }) => status === 'problem').length;
  const verdict = ok ? color.green('nothing is wrong') : color.red(count(problems, 'problem'));
  return [...checks.map(sentence), verdict].join('\n');
}

const MARKS: Readonly<Record<Finding['status'], string>> = {
  ok: color.green('ok      '),
  warning: color.yellow('note    '),
  problem: color.red('PROBLEM '),
  skipped: color.dim('skipped '),
};

function sentence({ check, status, message, command }: Finding): string {
  const line = `${MARKS[status]}${check.padEnd(17)}${message}`;
  return command === null ? line : `${line}\n${' '.repeat(25)}→ ${command}`;
}
