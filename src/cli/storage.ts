import {
  checkStorage,
  initStorage,
  migrateStorage,
  type StorageReport,
  storageScript,
} from '../app/storage/administer.js';
import { EXIT } from '../base/exit-codes.js';
import { checkLines, indented } from './check-lines.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { Output } from './output.js';
import { declareImport } from './storage-import.js';

/** `redrain storage`: where the journal is kept, and what that place needs. */
export const define: DefineCommand = (storage, run) => {
  storage
    .description(
      'The place of the journal: a file of the home, or the PostgreSQL database that REDRAIN_STORAGE_URL or storage.url names.',
    )
    .addHelpText('after', example('redrain storage check'));
  storage
    .command('check', { isDefault: true })
    .description(
      'Look at what the promises of the journal rest on there: server, settings, schema, triggers, and what the role of the storage URL may do; for a file, the home. Exits with 2 when something is wrong. Changes nothing.',
    )
    .addHelpText('after', example('redrain storage check'))
    .action(run(check));
  storage
    .command('init')
    .description(
      'Make the tables of a journal in PostgreSQL, as their owner. Done again, it changes nothing. A journal in the home needs no init.',
    )
    .option(
      '--roles',
      'make two roles: one for captures and deliveries, one more for gc, archive, restore and redact; neither can change the journal',
    )
    .option('--sql', 'print the statements, for somebody else to run')
    .addHelpText('after', example('redrain storage init'))
    .action(run(init));
  storage
    .command('migrate')
    .description(
      'Bring the tables up to date after an upgrade, as their owner: all of it, or nothing. Roles that init made get what is new.',
    )
    .option('--sql', 'print the statements, for somebody else to run')
    .addHelpText('after', example('redrain storage migrate'))
    .action(run(migrate));
  declareImport(storage, run);
};

interface InitOptions {
  readonly roles?: boolean;
  readonly sql?: boolean;
}

/** `redrain storage check`. */
const check: CommandBody = (call) =>
  withApp(call, async (app) => {
    const report = await checkStorage(app);
    const text = (): string => indented(`${report.storage}\n${checkLines(report)}`);
    new Output(call.globals).result(report, text);
    return report.ok ? EXIT.done : EXIT.checkFailed;
  });

/** `redrain storage init`. */
const init: CommandBody<InitOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const roles = call.options.roles === true;
    if (call.options.sql === true)
      return showScript(output, await storageScript(app, { of: 'init', roles }), FILE_NEEDS_NONE);
    const report = await initStorage(app, roles);
    output.result(report, () => initText(report));
    return EXIT.done;
  });

/** `redrain storage migrate`. */
const migrate: CommandBody<Pick<InitOptions, 'sql'>> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    if (call.options.sql === true)
      return showScript(output, await storageScript(app, { of: 'migrate' }), UP_TO_DATE);
    const report = await migrateStorage(app);
    output.result(report ?? NOTHING, () =>
      report === undefined ? NO_JOURNAL : migrateText(report),
    );
    return EXIT.done;
  });

const FILE_NEEDS_NONE =
  'the journal is a file of the home: the first capture makes it, and nothing else is needed';
const UP_TO_DATE = 'no table has to be changed: nothing to do';
const NO_JOURNAL = 'There is no journal yet: nothing to bring up to date.';
const NOTHING = { changed: false, schema: null };

/** SQL goes to stdout alone, also with --quiet, for a file or psql. */
function showScript(output: Output, sql: string | undefined, nothing: string): number {
  if (output.json) output.result({ sql: sql ?? null }, () => '');
  else if (sql === undefined) output.note(nothing);
  else output.lines([sql]);
  return EXIT.done;
}

function initText({ engine, storage, changed, schema, roles, grants }: StorageReport): string {
  if (engine === 'sqlite') return `${storage}: ${FILE_NEEDS_NONE}`;
  const lines = [
    `${storage}: ${changed ? 'made the tables' : 'the tables are there'} (schema ${schema})`,
  ];
  if (roles === null)
    return [
      ...lines,
      'Only triggers keep their owner from changing the journal: `redrain storage init --roles` makes roles that cannot.',
    ].join('\n');
  if (grants.length === 0) return [...lines, rolesLine(roles)].join('\n');
  return [
    ...lines,
    'The roles and their rights:',
    ...grants.map((statement) => `  ${statement};`),
    'Give them to those who sign in, and name these in the storage URL:',
    `  GRANT "${roles.application}" TO USER;  -- captures, workers, hubs`,
    `  GRANT "${roles.gc}" TO USER;  -- gc, archive, restore, redact`,
  ].join('\n');
}

const rolesLine = ({ application, gc }: NonNullable<StorageReport['roles']>): string =>
  `Roles: "${application}", and "${gc}" for gc, archive, restore and redact.`;

function migrateText({ storage, changed, schema, roles }: StorageReport): string {
  const which = schema === null ? '' : ` (schema ${schema})`;
  const what = changed ? 'brought up to date' : 'up to date, nothing to do';
  const line = `${storage}: ${what}${which}`;
  return roles === null ? line : `${line}\n${rolesLine(roles)}`;
}
