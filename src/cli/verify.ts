import { type VerifyReport, verify, verifyAndRepair } from '../app/verify.js';
import { EXIT } from '../base/exit-codes.js';
import { grouped } from '../base/grouped.js';
import { oneLine } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { withJobControl } from './job-control.js';
import { Output } from './output.js';

/** `redrain verify`: is everything in the journal and the ledger as it should be? */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Recompute every digest; check tables, triggers, references, counters, ledger, spool, archives and the file itself. Prints one line; exits with 2 when anything is wrong. Changes nothing.',
    )
    .option('--repair', 'replace wrong counters by a recount, and nothing else')
    .addHelpText('after', example('redrain verify --verbose'))
    .action(run(check));
};

interface VerifyOptions {
  readonly repair?: boolean;
}

const check: CommandBody<VerifyOptions> = (call) =>
  withApp(call, (app) => {
    const output = new Output(call.globals);
    const act = call.options.repair === true ? verifyAndRepair : verify;
    return withJobControl(output, 'verified', async (control, interrupt) => {
      const report = await act(app, control);
      output.result(report, () => tell(report, output.verbose));
      return interrupt.exitCode() ?? (report.ok ? EXIT.done : EXIT.checkFailed);
    });
  });

function tell(report: VerifyReport, verbose: boolean): string {
  const lines = report.repaired
    ? ['The counters were wrong and were recounted.', report.verdict]
    : [report.verdict];
  if (!verbose) return lines.join('\n');
  for (const { name, ok, count, problems, notes } of report.checks) {
    lines.push(`  ${name}: ${ok ? 'passed' : problemCount(count)}`);
    lines.push(...[...problems, ...notes].map((line) => `    ${oneLine(line)}`));
    if (count > problems.length) lines.push(`    … and ${count - problems.length} more`);
  }
  return lines.join('\n');
}

const problemCount = (n: number): string => (n === 1 ? '1 problem' : `${grouped(n)} problems`);
