import { Option } from 'commander';
import { type EventsReport, listEvents, spoolOf } from '../app/events.js';
import { EXIT } from '../base/exit-codes.js';
import { EVENT_STATES, type EventState, type ListedEvent } from '../reports/event-list.js';
import { color } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { CAPTURED_AT, EVENT_ID, EVENT_TYPE } from './event-columns.js';
import { addFilters, type FilterOptions, isNarrowed, selectionOf } from './event-filters.js';
import { exportTo } from './events-export.js';
import { UsageError } from './failure.js';
import { addOutput, showList } from './list.js';
import { wholeNumber } from './option-values.js';
import { count, Output } from './output.js';
import type { Column } from './table.js';

/** `redrain events`: a list for people, or every matching event as JSON Lines. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'List the newest events that match, or export all of them as JSON Lines, their bytes unchanged. Changes nothing.',
    )
    .addOption(new Option('--state <state>', 'their state at the target').choices(EVENT_STATES))
    .option('--target <target>', 'the target whose state it is; else the active one');
  addOutput(addFilters(command))
    .option(
      '--limit <n>',
      'at most this many (default: 50 in a list, all in an export)',
      wholeNumber,
    )
    .option(
      '--export [file]',
      'one line for each event, oldest first, that `redrain capture` reads; to stdout without a file',
    )
    .option('--follow', 'show each event as it is captured, until Ctrl-C')
    .addHelpText('after', example('redrain events --state rejected --since 2h'))
    .action(run(events));
};

interface EventsOptions extends FilterOptions {
  readonly state?: EventState;
  readonly target?: string;
  readonly limit?: number;
  /** True without a file. */
  readonly export?: true | string;
  readonly follow?: boolean;
}

const events: CommandBody<EventsOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { options } = call;
    const { state, target, limit } = options;
    const wanted = { ...selectionOf(options), state, target, limit };
    if (options.follow === true) {
      assertEndless(output, options);
      const { followEvents } = await import('./follow.js');
      return followEvents(app, output, { ...selectionOf(options), target, limit }, COLUMNS);
    }
    if (options.export !== undefined) {
      const file = options.export === true ? '-' : options.export;
      const code = await exportTo(app, file, wanted, output);
      tellSpooled(output, spoolOf(app));
      return code;
    }
    const report = await listEvents(app, wanted);
    tellSpooled(output, report.spooled);
    show(output, report, emptyText(options));
    return EXIT.done;
  });

/** What would wait forever, or has no end to be written at. @throws UsageError */
function assertEndless(output: Output, options: EventsOptions): void {
  const { state, until, export: isExport } = options;
  if (output.json)
    throw new UsageError('--follow never ends, so it is not one JSON document: use --output jsonl');
  if (isExport !== undefined) throw new UsageError('--follow and --export exclude each other');
  if (until !== undefined)
    throw new UsageError('--follow shows what is still to come: leave --until out');
  if (state !== undefined)
    throw new UsageError(
      '--follow shows events as they are captured, before they have another state: leave --state out',
    );
}

function tellSpooled(output: Output, spool: EventsReport['spooled']): void {
  if ('error' in spool) output.warn(`the spool cannot be read: ${spool.error}`);
  else if (spool.events > 0)
    output.note(
      `${count(spool.events, 'event')} more in the spool, not in the journal yet: \`redrain inspect EVENT\` knows them, the next command that writes the journal takes them in`,
    );
}

const COLUMNS: readonly Column<ListedEvent>[] = [
  CAPTURED_AT,
  EVENT_ID,
  EVENT_TYPE,
  {
    key: 'project_uuid',
    heading: 'PROJECT',
    value: (event) => event.project_uuid,
    shrink: { how: 'middle', least: 9 },
    isOptional: true,
  },
  { key: 'size', heading: 'BYTES', value: (event) => event.size },
  {
    key: 'state',
    heading: 'STATE',
    value: (event) => (event.replay ? `${event.state} (again)` : event.state),
    paint: ({ state }) => STATE_COLORS[state],
  },
];

/** The words say the same. */
const STATE_COLORS: Readonly<Partial<Record<EventState, (text: string) => string>>> = {
  terminal: color.red,
  rejected: color.yellow,
  transient: color.yellow,
};

/** With filters there may be others; without any there are none at all. */
const emptyText = (options: EventsOptions): string =>
  isNarrowed(options) || options.state !== undefined
    ? 'No event matches.'
    : 'No events yet: `redrain capture FILE` takes some in.';

function show(output: Output, report: EventsReport, empty: string): void {
  const { events, target_name } = report;
  showList(output, {
    rows: events,
    columns: COLUMNS,
    document: report,
    empty,
    before: () =>
      events.length === 0
        ? []
        : [`newest first, with their state at ${target_name ?? 'a target that has nothing yet'}`],
  });
}
