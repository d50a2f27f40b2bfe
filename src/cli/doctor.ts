import type { Check } from '../app/doctor/check.js';
import { type DoctorReport, examine } from '../app/doctor.js';
import { EXIT } from '../base/exit-codes.js';
import { withTimes } from './ago.js';
import { color } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { forScreen } from './fold.js';
import { count, Output } from './output.js';

/** `redrain doctor`: what is wrong and the command that fixes it. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Look at everything a drain depends on: files, configuration, the target itself, spool, leases, clock, disk. Exits with 2 when something is wrong. Changes nothing.',
    )
    .addHelpText('after', example('redrain doctor'))
    .action(run(doctor));
};

const doctor: CommandBody = (call) =>
  withApp(call, async (app) => {
    const report = await examine(app);
    new Output(call.globals).result(report, () => forScreen(tell(report), () => 25));
    return report.ok ? EXIT.done : EXIT.checkFailed;
  });

function tell({ checks, ok }: DoctorReport): string {
  return [...checks.map(sentence), verdict(checks, ok)].join('\n');
}

/** "Nothing is wrong" only where nothing is: a warning is not a failure and no comfort either. */
function verdict(checks: readonly Check[], ok: boolean): string {
  const number = (wanted: Check['status']): number =>
    checks.filter(({ status }) => status === wanted).length;
  if (!ok) return color.red(count(number('problem'), 'problem'));
  const warnings = number('warning');
  if (warnings > 0) return color.yellow(`no problem, ${count(warnings, 'warning')}`);
  return color.green('nothing is wrong');
}

const MARKS: Readonly<Record<Check['status'], string>> = {
  ok: color.green('ok      '),
  notice: color.dim('note    '),
  warning: color.yellow('WARNING '),
  problem: color.red('PROBLEM '),
  skipped: color.dim('skipped '),
};

function sentence({ check, status, message, command }: Check): string {
  const line = `${MARKS[status]}${check.padEnd(17)}${withTimes(message)}`;
  return command === null ? line : `${line}\n${' '.repeat(25)}→ ${command}`;
}
