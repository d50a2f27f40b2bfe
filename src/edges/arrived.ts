import type { Arrival, EdgeRequest, NumberRanges } from './arrival.js';
import type { NumberRange } from './placing.js';

/** An event that came from an edge, and what became of it. */
export interface Arrived extends Arrival {
  readonly eventId: string;
  /** The row it became, equals, or differs from. */
  readonly seq: number;
  readonly conflictId: number | null;
}

/** What became of one event: its row, and the conflict that it is part of. */
interface Outcome {
  readonly seq: number | null;
  readonly conflictId: number | null;
}

/** An event that may have come from an edge. */
interface Incoming {
  readonly eventId: string;
  readonly arrival?: Arrival | undefined;
}

/** The events of a group that came from edges, by the request that brought them. */
export function byRequest(
  events: readonly Incoming[],
  written: readonly Outcome[],
): ReadonlyMap<EdgeRequest, readonly Arrived[]> {
  const found = new Map<EdgeRequest, Arrived[]>();
  for (const [index, { arrival, eventId }] of events.entries()) {
    const { seq = null, conflictId = null } = written[index] ?? {};
    if (arrival === undefined || seq === null) continue;
    const { request, number } = arrival;
    const arrived = { request, number, eventId, seq, conflictId };
    const others = found.get(request);
    if (others === undefined) found.set(request, [arrived]);
    else others.push(arrived);
  }
  return found;
}

/** Copies of one home that are remembered. */
export const MOST_INSTANCES = 16;

export const numbersOf = ({ first, last }: NumberRange): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

/** Numbers of a range that was here before, and that a request does not say it sends again. */
export const sentAsNew = (before: NumberRange, again: NumberRanges): number[] =>
  numbersOf(before).filter(
    (number) => !again.some(([first, last]) => first <= number && number <= last),
  );

/** The first number, and how many there are; undefined where there is none. */
export const firstOf = (
  numbers: readonly number[],
): { readonly number: number; readonly times: number } | undefined =>
  numbers[0] === undefined ? undefined : { number: numbers[0], times: numbers.length };

/** What an edge's clock and numbers say, as its row has it. */
export const timesOf = ({ sentAt, newestAt, receivedAt }: EdgeRequest) => ({
  lag: newestAt === null ? null : Math.max(0, sentAt - newestAt),
  clock: sentAt - receivedAt,
});
