import type { App } from '../app/app.js';
import { type EventRunOptions, listEvents, readEventRun } from '../app/events.js';
import { EXIT } from '../base/exit-codes.js';
import { stdout } from '../output/standard.js';
import type { ListedEvent } from '../reports/event-list.js';
import { onInterrupt } from './job-control.js';
import { csvHead, csvLine } from './list.js';
import type { Output } from './output.js';
import { screenOf } from './screen.js';
import type { Column } from './table.js';
import { onEachChange } from './watching.js';
import { cutEnd, cutMiddle, padded } from './width.js';

const RUN = 500;
const ASK_AGAIN_MS = 100;
/** Events shown before the first new one, as `tail -f` does it. */
const FIRST = 10;

type Wanted = Omit<EventRunOptions, 'after'>;

/**
 * Shows events as they are captured, by whatever process, each once and in
 * order, until a signal ends it or nobody reads any more.
 */
export async function followEvents(
  app: App,
  output: Output,
  wanted: Wanted,
  columns: readonly Column<ListedEvent>[],
): Promise<number> {
  const interrupt = onInterrupt(output);
  const show = writerOf(output, columns);
  const from = await firstOf(app, wanted);
  for (const event of from.events) show(event);
  let { after } = from;
  try {
    await onEachChange(app, { signal: interrupt.signal }, async () => {
      after = await showRuns(app, output, { ...wanted, after, limit: RUN }, show, interrupt.signal);
      return stdout().brokenBy === undefined;
    });
  } finally {
    interrupt.done();
  }
  return interrupt.exitCode() ?? EXIT.done;
}

/** The last few that are there, or with `--since` everything since: then nothing is left out. */
async function firstOf(
  app: App,
  wanted: Wanted,
): Promise<{ readonly events: readonly ListedEvent[]; readonly after: number }> {
  if (wanted.since !== undefined) return { events: [], after: 0 };
  const { head } = await readEventRun(app, { after: Number.MAX_SAFE_INTEGER, limit: 1 });
  const { events } = await listEvents(app, { ...wanted, limit: wanted.limit ?? FIRST });
  // What was captured between the two looks comes with the first run.
  const earlier = events.filter(({ seq }) => seq <= head);
  return { events: earlier.toReversed(), after: head };
}

/** Everything behind `after` that is there by now; resolves with how far that is. */
async function showRuns(
  app: App,
  output: Output,
  options: EventRunOptions,
  show: (event: ListedEvent) => void,
  signal: AbortSignal,
): Promise<number> {
  let { after } = options;
  while (!signal.aborted && stdout().brokenBy === undefined) {
    const { events, through, head } = await readEventRun(app, { ...options, after });
    if (head < after) {
      output.warn('another journal took the place of this one: its next events are shown');
      return head;
    }
    for (const event of events) show(event);
    await written(signal);
    if (through === after || through >= head) return through;
    after = through;
  }
  return after;
}

/** No more is read than the reader of stdout takes; a signal does not wait for one that stalls. */
async function written(signal: AbortSignal): Promise<void> {
  while (stdout().waiting > 0 && !signal.aborted) await stdout().settled(ASK_AGAIN_MS);
}

/** One line for each event, in the form that was asked for. */
function writerOf(
  output: Output,
  columns: readonly Column<ListedEvent>[],
): (event: ListedEvent) => void {
  if (output.form === 'jsonl') return (event) => output.jsonLines([event]);
  if (output.form === 'csv') {
    output.lines([csvHead(columns)]);
    return (event) => output.lines([csvLine(columns, event)]);
  }
  return (event) => output.line(lineOf(event));
}

const TIME = 20;
/** So wide that a UUID behind it fits into 80 columns. */
const TYPE = 20;
const GAP = '  ';

/** A line is read when it has grown old: it has the time itself. */
function lineOf({ captured_at, event_type, event_id }: ListedEvent): string {
  const { isTerminal, columns } = screenOf();
  if (!isTerminal) return [captured_at, event_type, event_id].join(GAP);
  const time = captured_at.replace(/\.\d+Z$/, 'Z');
  const type = padded(cutEnd(event_type, TYPE), TYPE);
  const room = Math.max(1, columns - TIME - TYPE - 2 * GAP.length);
  return [time, type, cutMiddle(event_id, room)].join(GAP);
}
