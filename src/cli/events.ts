import { Option } from 'commander';
import { type EventsReport, exportMatching, listEvents, spoolOf } from '../app/events.js';
import { EXIT, type ExitCode } from '../base/exit-codes.js';
import { stdout } from '../output/standard.js';
import {
  EVENT_STATES,
  type EventState,
  type ExportedEvent,
  type ListedEvent,
} from '../reports/event-list.js';
import { color } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { addFilters, type FilterOptions, selectionOf } from './event-filters.js';
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
      '--export',
      'one line for each event, oldest first; payloads with line breaks in base64',
    )
    .addHelpText('after', example('redrain events --state rejected --since 2h'))
    .action(run(events));
};

interface EventsOptions extends FilterOptions {
  readonly state?: EventState;
  readonly target?: string;
  readonly limit?: number;
  readonly export?: boolean;
}

const events: CommandBody<EventsOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const { options } = call;
    const { state, target, limit } = options;
    const wanted = { ...selectionOf(options), state, target, limit };
    if (options.export === true) {
      const writer = new ExportWriter();
      await exportMatching(app, wanted, (event) => writer.write(event));
      const code = await writer.end(output);
      tellSpooled(output, spoolOf(app));
      return code;
    }
    const report = await listEvents(app, wanted);
    tellSpooled(output, report.spooled);
    show(output, report);
    return EXIT.done;
  });

function tellSpooled(output: Output, spool: EventsReport['spooled']): void {
  if ('error' in spool) output.warn(`the spool cannot be read: ${spool.error}`);
  else if (spool.events > 0)
    output.note(
      `${count(spool.events, 'event')} more in the spool, not in the journal yet: \`redrain inspect EVENT\` knows them, the next command that writes the journal takes them in`,
    );
}

const COLUMNS: readonly Column<ListedEvent>[] = [
  { key: 'captured_at', heading: 'CAPTURED', value: (event) => event.captured_at, isTime: true },
  {
    key: 'event_id',
    heading: 'EVENT',
    value: (event) => event.event_id,
    shrink: { how: 'middle', least: 12, isLast: true },
  },
  {
    key: 'event_type',
    heading: 'TYPE',
    value: (event) => event.event_type,
    shrink: { how: 'end', least: 12 },
  },
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

function show(output: Output, report: EventsReport): void {
  const { events, target_name } = report;
  showList(output, {
    rows: events,
    columns: COLUMNS,
    document: report,
    empty: 'No event matches.',
    before: () =>
      events.length === 0
        ? []
        : [`newest first, as ${target_name ?? 'a target that has nothing yet'} has them`],
  });
}

/** Bytes that wait for the reader before no more are read from the journal. */
const MOST_WAITING = 64 * 1024;

/** Writes no faster than the reader of stdout takes it, and no longer than it takes anything. */
class ExportWriter {
  readonly #out = stdout();
  #written = 0;
  #wrapped = 0;
  #gone = 0;

  /** False when nobody takes it any more. */
  async write(event: ExportedEvent): Promise<boolean> {
    const line = exportLine(event);
    if (line === undefined) {
      this.#gone += 1;
      return true;
    }
    this.#written += 1;
    if (line.isWrapped) this.#wrapped += 1;
    this.#out.write(line.bytes);
    if (this.#out.waiting > MOST_WAITING) await this.#out.settled();
    return this.#out.brokenBy === undefined;
  }

  /** An export is nothing but its output: where that could not be written, it failed. */
  async end(output: Output): Promise<ExitCode> {
    await this.#out.settled();
    if (this.#out.brokenBy === undefined) this.#explain(output);
    return this.#out.brokenBy === undefined || this.#out.brokenBy === 'EPIPE'
      ? EXIT.done
      : EXIT.internal;
  }

  #explain(output: Output): void {
    output.note(`${count(this.#written, 'event')} exported`);
    if (this.#wrapped > 0)
      output.note(
        `${count(this.#wrapped, 'event')} in base64: their bytes do not fit on one line of JSON`,
      );
    if (this.#gone > 0)
      output.note(
        `${count(this.#gone, 'event')} left out: archived, purged or redacted, their bytes are not in the journal`,
      );
  }
}

interface ExportLine {
  readonly bytes: Buffer;
  /** True when the payload stands in base64 because it cannot be a line. */
  readonly isWrapped: boolean;
}

const NEWLINE = Buffer.from('\n');

/**
 * One event as one line of JSON Lines: its payload bytes, unchanged. A payload
 * that holds a line break, or is not a JSON object at all, cannot be a line; it
 * becomes `{"event_id", "event_type", "sha256", "payload_base64"}` instead of
 * being reformatted. Undefined when the bytes are gone.
 */
function exportLine(event: ExportedEvent): ExportLine | undefined {
  const { bytes } = event;
  if (bytes === null) return undefined;
  const fits = event.isDeliverable && !bytes.includes(10) && !bytes.includes(13);
  if (fits) return { bytes: Buffer.concat([bytes, NEWLINE]), isWrapped: false };
  const wrapped = {
    event_id: event.eventId,
    event_type: event.eventType,
    sha256: event.sha256,
    payload_base64: bytes.toString('base64'),
  };
  return { bytes: Buffer.from(`${JSON.stringify(wrapped)}\n`), isWrapped: true };
}
