import { type DiffReport, diffTargets } from '../app/diff.js';
import { EXIT } from '../base/exit-codes.js';
import type { ListedEvent } from '../reports/event-list.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { CAPTURED_AT, EVENT_ID, EVENT_TYPE } from './event-columns.js';
import { addFilters, type FilterOptions, selectionOf } from './event-filters.js';
import { addOutput, showList } from './list.js';
import { wholeNumber } from './option-values.js';
import { count, Output } from './output.js';
import type { Column } from './table.js';

/** `redrain diff A B`: what A has and B has not. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'List events that were delivered to A and not to B, with their state at B. Changes nothing.',
    )
    .argument('<A>', 'name, id or address of a target')
    .argument('<B>', 'name, id or address of another');
  addOutput(addFilters(command))
    .option('--limit <n>', 'list at most this many (100); all are counted', wholeNumber)
    .addHelpText('after', example('redrain diff 1 2'))
    .action(run(diff));
};

interface DiffOptions extends FilterOptions {
  readonly limit?: number;
}

const diff: CommandBody<DiffOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { options } = call;
    const [a = '', b = ''] = call.args;
    const wanted = { ...selectionOf(options), limit: options.limit };
    const report = await diffTargets(app, a, b, wanted);
    show(output, report);
    return EXIT.done;
  });

const COLUMNS: readonly Column<ListedEvent>[] = [
  EVENT_ID,
  EVENT_TYPE,
  CAPTURED_AT,
  { key: 'state', heading: 'STATE THERE', value: (event) => event.state },
  {
    key: 'last_error',
    heading: 'BECAUSE',
    value: (event) => event.last_error,
    shrink: { how: 'fold', least: 16 },
    isOptional: true,
  },
];

function show(output: Output, report: DiffReport): void {
  const { a, b, count: events, events: rows } = report;
  const heading = `${count(events, 'event')} delivered to ${a.target_name} and not to ${b.target_name}`;
  showList(output, {
    rows,
    columns: COLUMNS,
    document: report,
    empty: heading,
    before: () => (rows.length === 0 ? [] : [heading]),
    after: () => (rows.length > 0 && rows.length < events ? ['… more with --limit'] : []),
  });
}
