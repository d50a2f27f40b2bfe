import { keptSettings } from '../app/change-mode.js';
import { EXIT } from '../base/exit-codes.js';
import { type ConfigRow, configInForce } from '../config/in-force.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { addOutput, showList } from './list.js';
import { Output } from './output.js';
import type { Column } from './table.js';

/** `redrain config`: every key in force and where it came from. */
export const define: DefineCommand = (command, run) => {
  addOutput(command)
    .description(
      'Show every key in force and whether it comes from the file, the environment or the defaults. Changes nothing.',
    )
    .addHelpText('after', example('redrain config --json'))
    .action(run(show));
};

const COLUMNS: readonly Column<ConfigRow>[] = [
  {
    key: 'key',
    heading: 'KEY',
    value: ({ key }) => key,
    shrink: { how: 'middle', least: 20, isLast: true },
  },
  {
    key: 'value',
    heading: 'VALUE',
    value: ({ value }) => (value === null ? '-' : String(value)),
    shrink: { how: 'fold', least: 16 },
  },
  { key: 'source', heading: 'FROM', value: ({ source }) => source },
];

const show: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { config } = await app.situation();
    const rows = configInForce(config, app.env, await keptSettings(app));
    showList(output, {
      rows,
      columns: COLUMNS,
      document: { home: app.paths.home, file: app.paths.config, keys: rows },
      empty: '',
      before: () => [
        `home ${app.paths.home}`,
        `file ${app.paths.config}${config.state === 'absent' ? ' (there is none)' : ''}`,
        '',
      ],
    });
    return EXIT.done;
  });
