import { keptSettings } from '../app/change-mode.js';
import { EXIT } from '../base/exit-codes.js';
import { configInForce } from '../config/in-force.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { Output } from './output.js';
import { table } from './table.js';

/** `redrain config`: every key in force and where it came from. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Show every key in force and whether it comes from the file, the environment or the defaults. Changes nothing.',
    )
    .addHelpText('after', example('redrain config --json'))
    .action(run(show));
};

const show: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { config } = await app.situation();
    const rows = configInForce(config, app.env, await keptSettings(app));
    output.result({ home: app.paths.home, file: app.paths.config, keys: rows }, () =>
      [
        `home ${app.paths.home}`,
        `file ${app.paths.config}${config.state === 'absent' ? ' (there is none)' : ''}`,
        '',
        table(
          ['KEY', 'VALUE', 'FROM'],
          rows.map(({ key, value, source }) => [key, value ?? '-', source]),
        ),
      ].join('\n'),
    );
    return EXIT.done;
  });
