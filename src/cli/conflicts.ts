import { Option } from 'commander';
import {
  type ConflictDetails,
  type ConflictRow,
  readConflict,
  readConflicts,
  resolveConflict,
} from '../app/conflicts.js';
import { EXIT } from '../base/exit-codes.js';
import type { Decision, Keep } from '../conflicts/conflict-store.js';
import { oneLine, shortLine } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { addOutput, showList } from './list.js';
import { count, Output } from './output.js';
import { type Column, table } from './table.js';

/** `redrain conflicts`: two contents for one event id, and which to keep. */
export const define: DefineCommand = (conflicts, run) => {
  conflicts
    .description(
      'When another content arrives for a known event id, both are kept, before and after you decide which is in force.',
    )
    .addHelpText('after', example('redrain conflicts list'));
  addOutput(conflicts.command('list', { isDefault: true }))
    .description('List conflicts that wait for a decision. Changes nothing.')
    .option('--all', 'decided ones too')
    .addHelpText('after', example('redrain conflicts list --all'))
    .action(run(list));
  conflicts
    .command('show')
    .description('Show both payloads of one conflict, side by side. Changes nothing.')
    .argument('<conflict>', 'its number, or the event id')
    .addHelpText('after', example('redrain conflicts show 3'))
    .action(run(show));
  conflicts
    .command('resolve')
    .description(
      'Keep the content of the journal, or make the incoming one a new revision of the event.',
    )
    .argument('<conflict>', 'its number, or the event id')
    .addOption(
      new Option('--keep <which>', 'which content is in force from now on')
        .choices(['journal', 'incoming'])
        .makeOptionMandatory(),
    )
    .option('--yes', 'decide; without it, only say what the decision would change')
    .addHelpText('after', example('redrain conflicts resolve 3 --keep incoming --yes'))
    .action(run(resolve));
};

const LISTED = 1_000;

/** `redrain conflicts list`. */
const list: CommandBody<{ readonly all?: boolean }> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const found = await readConflicts(app, { all: call.options.all === true, limit: LISTED });
    showConflicts(output, found);
    return EXIT.done;
  });

/** `redrain conflicts show`. */
const show: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const details = await readConflict(app, call.args[0] ?? '');
    output.result(details, () => detailsText(details));
    return EXIT.done;
  });

/** `redrain conflicts resolve`. */
const resolve: CommandBody<{ readonly keep: Keep; readonly yes?: boolean }> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { keep, yes } = call.options;
    const decision = await resolveConflict(app, call.args[0] ?? '', keep, yes === true);
    output.result(decision, () => decisionText(decision));
    return EXIT.done;
  });

const COLUMNS: readonly Column<ConflictRow>[] = [
  { key: 'id', heading: 'ID', value: (row) => row.id },
  {
    key: 'event_id',
    heading: 'EVENT',
    value: (row) => row.event_id,
    shrink: { how: 'middle', least: 12, isLast: true },
  },
  {
    key: 'found_in',
    heading: 'FOUND IN',
    value: (row) => row.found_in ?? row.found_by,
    shrink: { how: 'middle', least: 10 },
  },
  { key: 'found_at', heading: 'FOUND', value: (row) => row.found_at, isTime: true },
  {
    key: 'state',
    heading: 'STATE',
    value: (row) => (row.kept === null ? 'to decide' : `kept ${row.kept}`),
  },
];

function showConflicts(
  output: Output,
  found: { count: number; conflicts: readonly ConflictRow[] },
): void {
  const more = found.count - found.conflicts.length;
  showList(output, {
    rows: found.conflicts,
    columns: COLUMNS,
    document: found,
    empty: 'There are no conflicts.',
    after: () => [
      ...(more > 0 ? [`and ${count(more, 'more conflict')}`] : []),
      ...(found.count > 0 ? ['`redrain conflicts show ID` shows both payloads side by side.'] : []),
    ],
  });
}

function detailsText(details: ConflictDetails): string {
  const { id, event_id, journal, incoming, sent_by, kept } = details;
  return [
    `conflict ${id} of event ${shortLine(event_id)}, found by ${details.found_in ?? details.found_by}`,
    `journal   revision ${journal.revision}, ${sizeText(journal.size)}, sha256 ${journal.sha256}${senderText(sent_by.journal)}`,
    `incoming  ${sizeText(incoming.size)}, sha256 ${incoming.sha256}${senderText(sent_by.incoming)}`,
    '',
    differencesText(details),
    '',
    kept === null
      ? `\`redrain conflicts resolve ${id} --keep journal --yes\` or \`--keep incoming --yes\` decides.`
      : `Decided: ${kept} was kept.`,
  ].join('\n');
}

/** `, from laptop 17`: the homes that sent it, and their numbers for it. */
const senderText = (places: ConflictDetails['sent_by']['journal']): string =>
  places.length === 0
    ? ''
    : `, from ${places.map(({ name, home, number }) => `${name ?? home} ${number}`).join(', ')}`;

const sizeText = (size: number | null): string => (size === null ? 'bytes gone' : `${size} bytes`);

function differencesText({ differences }: ConflictDetails): string {
  if (differences === null) return 'The bytes of one side are gone: there is nothing to compare.';
  return table(DIFFERENCES, differences);
}

type Difference = NonNullable<ConflictDetails['differences']>[number];

const DIFFERENCES: readonly Column<Difference>[] = [
  {
    key: 'path',
    heading: 'WHERE',
    value: ({ path }) => (path === '' ? '(all of it)' : path),
    shrink: { how: 'middle', least: 12 },
  },
  {
    key: 'journal',
    heading: 'JOURNAL',
    value: ({ journal }) => shortened(journal),
    shrink: { how: 'fold', least: 16 },
  },
  {
    key: 'incoming',
    heading: 'INCOMING',
    value: ({ incoming }) => shortened(incoming),
    shrink: { how: 'fold', least: 16 },
  },
];

/** `--json` has the whole. */
function shortened(text: string | null): string {
  if (text === null) return '(not there)';
  const line = oneLine(text.replaceAll(/[\n\r\t]+/g, ' '));
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function decisionText(decision: Decision): string {
  const { conflict_id, event_id, kept, done, revision, targets } = decision;
  const verb = done ? 'is decided' : 'would be decided';
  return [
    `conflict ${conflict_id} of ${shortLine(event_id)} ${verb}: ${kept} is kept, revision ${revision} is in force`,
    ...targets.map(
      ({ canonical_url, receives, reason }) =>
        `${canonical_url}: ${receives ? 'gets it' : 'does not get it'}, ${reason}`,
    ),
    ...(done ? [] : ['Nothing was changed: add --yes to decide.']),
  ].join('\n');
}
