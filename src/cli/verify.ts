import { type VerifyReport, verify, verifyAndRepair } from '../app/verify.js';
import type { CommandBody } from './command.js';
import { withCourse } from './course.js';
import { EXIT } from './exit-codes.js';
import { withApp } from './open-app.js';
import { Output } from './output.js';

/** `redrain verify`: can the ledger be believed? */
export const run: CommandBody = (call) =>
  withApp(call, (app) => {
    const output = new Output(call.globals);
    const act = call.options.repair === true ? verifyAndRepair : verify;
    return withCourse(output, 'verified', async (course, interrupt) => {
      const report = await act(app, course);
      output.result(report, () => tell(report, output.verbose));
      return interrupt.exitCode() ?? (report.ok ? EXIT.done : EXIT.checkFailed);
    });
  });

function tell(report: VerifyReport, verbose: boolean): string {
  const lines = report.repaired ? ['Counters were mended.', report.verdict] : [report.verdict];
  if (!verbose) return lines.join('\n');
  for (const { name, ok, count, problems, notes } of report.checks) {
    lines.push(`  ${name}: ${ok ? 'holds' : `${count} that do not hold`}`);
    lines.push(...[...problems, ...notes].map((line) => `    ${line}`));
    if (count > problems.length) lines.push(`    … and ${count - problems.length} more`);
  }
  return lines.join('\n');
}
