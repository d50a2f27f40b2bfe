import { examine } from '../app/doctor.js';
import { EXIT } from '../base/exit-codes.js';
import { checkLines, indented } from './check-lines.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { Output } from './output.js';

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
    new Output(call.globals).result(report, () => indented(checkLines(report)));
    return report.ok ? EXIT.done : EXIT.checkFailed;
  });
