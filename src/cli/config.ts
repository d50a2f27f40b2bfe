import {
  type ConfigCheck,
  keysInForce,
  readKey,
  setKey,
  validateConfig,
} from '../app/config-keys.js';
import { EXIT } from '../base/exit-codes.js';
import type { ConfigRow } from '../config/in-force.js';
import { color } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { addOutput, showList } from './list.js';
import { count, Output } from './output.js';
import type { Column } from './table.js';

/** `redrain config`: every key in force, and single ones. */
export const define: DefineCommand = (config, run) => {
  config
    .description('Read, change and check the settings of this home.')
    .addHelpText('after', example('redrain config'));
  addOutput(config.command('list', { isDefault: true }))
    .summary('every key in force')
    .description(
      'Show every key in force and whether it comes from the file, the environment or the defaults. Changes nothing.',
    )
    .addHelpText('after', example('redrain config list'))
    .action(run(list));
  config
    .command('get')
    .summary('one key in force')
    .description(
      'Print the value of one key in force, with --json also where it comes from. Exits with 2 when it is not set. Changes nothing.',
    )
    .argument('<key>', 'as `redrain config` lists it; its table may be left out')
    .addHelpText('after', example('redrain config get mode'))
    .action(run(get));
  config
    .command('set')
    .summary('set a key in config.toml')
    .description(
      'Set one key in config.toml. The rest of the file stays as it is, comments included; a value that would make the file wrong is refused.',
    )
    .argument('<key>', 'as `redrain config` lists it; its table may be left out')
    .argument('<value>', 'a text, a number, true or false, or a list: a,b')
    .addHelpText('after', example('redrain config set capture.busy_timeout_ms 2000'))
    .action(run(set));
  config
    .command('path')
    .summary('where config.toml is')
    .description('Print the path of config.toml, whether it is there or not. Changes nothing.')
    .addHelpText('after', example('redrain config path'))
    .action(run(path));
  config
    .command('validate')
    .summary('what is wrong with config.toml')
    .description(
      'Name everything that is wrong with config.toml, with its line. Exits with 2 when something is. Changes nothing.',
    )
    .addHelpText('after', example('redrain config validate'))
    .action(run(validate));
};

const COLUMNS: readonly Column<ConfigRow>[] = [
  {
    key: 'key',
    heading: 'KEY',
    value: ({ key }) => key,
    shrink: { how: 'middle', least: 24 },
  },
  {
    key: 'value',
    heading: 'VALUE',
    value: ({ value }) => (value === null ? '-' : String(value)),
    shrink: { how: 'fold', least: 16 },
  },
  { key: 'source', heading: 'FROM', value: ({ source }) => source },
];

/** `redrain config list`. */
const list: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const rows = await keysInForce(app);
    const { config } = await app.situation();
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

/** `redrain config get KEY`. */
const get: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const [key = ''] = call.args;
    const row = await readKey(app, key);
    if (row !== undefined) {
      output.result(row, () => row.value ?? '');
      return EXIT.done;
    }
    output.note(`${key} is not set, and has no default`);
    output.failure('not set', EXIT.checkFailed);
    return EXIT.checkFailed;
  });

/** `redrain config set KEY VALUE`. */
const set: CommandBody = (call) =>
  withApp(call, async (app) => {
    const [key = '', value = ''] = call.args;
    const changed = await setKey(app, key, value);
    const row = await readKey(app, key);
    const file = app.paths.config;
    new Output(call.globals).result({ file, changed, ...row }, () =>
      row?.source === 'environment'
        ? `${file} has it now; the variable ${row.key} goes before it in this environment`
        : `${row?.key ?? key} = ${row?.value ?? value}${changed ? '' : ', as it was'}`,
    );
    return EXIT.done;
  });

/** `redrain config path`. */
const path: CommandBody = (call) =>
  withApp(call, async (app) => {
    const { config: file } = app.paths;
    const { config } = await app.situation();
    const exists = config.state !== 'absent';
    new Output(call.globals).result({ file, exists }, () => file);
    return EXIT.done;
  });

/** `redrain config validate`. */
const validate: CommandBody = (call) =>
  withApp(call, async (app) => {
    const check = await validateConfig(app);
    const ok = check.faults.length === 0;
    new Output(call.globals).result({ ...check, ok }, () => checkText(check));
    return ok ? EXIT.done : EXIT.checkFailed;
  });

function checkText({ file, exists, faults }: ConfigCheck): string {
  if (!exists) return `${file} is not there: every setting has its default`;
  if (faults.length === 0) return color.green(`${file} is valid`);
  const lines = faults.map(({ line, problem }) =>
    line === null ? `${file}: ${problem}` : `${file}:${line}: ${problem}`,
  );
  return [...lines, color.red(count(faults.length, 'fault'))].join('\n');
}
