import type { BatchIsolation, ClaimedEvent, ClaimRequest } from '../dispatch/ports.js';
import type { LaneEvent } from './lane-merge.js';

/** What was selected, in journal order, before it is cut to the bytes of one request. */
export interface Selection {
  readonly isolation: BatchIsolation;
  readonly events: readonly SelectedEvent[];
}

export interface SelectedEvent extends LaneEvent {
  /** True when it was never attempted at this target: its lane's cursor moves over it. */
  readonly first: boolean;
}

/** What a claim would take, read before its time. */
export interface ReadAhead {
  readonly selection: Selection;
  readonly events: readonly ClaimedEvent[];
  readonly limits: ClaimRequest['limits'];
}

/**
 * Half the batch for each kind while both have enough, so that neither a
 * stream of new events nor a heap of failing ones keeps the other waiting;
 * in a batch of one, a new event goes first.
 */
export function mix(
  firsts: readonly SelectedEvent[],
  retries: readonly SelectedEvent[],
  count: number,
): readonly SelectedEvent[] {
  if (retries.length === 0) return firsts;
  const share = Math.max(Math.floor(count / 2), count - firsts.length);
  const chosenRetries = retries.slice(0, share);
  const chosenFirsts = firsts.slice(0, count - chosenRetries.length);
  return [...chosenFirsts, ...chosenRetries].sort(bySeq);
}

/** In the order of the journal. */
export function bySeq(a: LaneEvent, b: LaneEvent): number {
  return a.seq - b.seq;
}

/** Whether a selection begins with exactly what was read ahead. */
export function isAsRead(
  selection: Selection,
  { limits }: ClaimRequest,
  ahead: ReadAhead,
): boolean {
  const isSame = (seq: number, at: number): boolean => {
    const selected = selection.events[at];
    return selected?.seq === seq && selected.first;
  };
  const { maxEvents, maxBytes } = ahead.limits;
  const asksTheSame = limits.maxEvents === maxEvents && limits.maxBytes === maxBytes;
  return (
    asksTheSame &&
    (selection === ahead.selection || ahead.events.every(({ seq }, at) => isSame(seq, at)))
  );
}

/** How many of these go to their target for the first time. */
export const firstsAmong = (taken: readonly Pick<SelectedEvent, 'first'>[]): number =>
  taken.reduce((count, { first }) => (first ? count + 1 : count), 0);

/** The last event of each lane that a claim takes for the first time: its cursor moves there. */
export function cursorsAfter(taken: readonly SelectedEvent[]): Map<number, number> {
  const cursors = new Map<number, number>();
  for (const event of taken) if (event.first) cursors.set(event.originId, event.seq);
  return cursors;
}
