import type { EventFilter } from '../journal/event-filter.js';
import { causeIs } from './cause-text.js';

export type RequeueKind = 'retry' | 'replay';

export interface RequeueRequest {
  readonly kind: RequeueKind;
  readonly targetId: number;
  readonly filter: EventFilter;
  /** Only deliveries whose error has this cause, as `causeIs` tells. Delivered events have none. */
  readonly cause?: string | undefined;
  /** Epoch milliseconds: what is requeued is due from then on. */
  readonly now: number;
}

/** What was requeued at one target, or would be. */
export interface RequeueCounts {
  selected: number;
  /** Of `selected`, by the status they had. */
  by_status: Record<string, number>;
  /** On the wire right now: their result decides, so they are left alone. */
  in_flight: number;
  /** Marked by an earlier replay and not settled yet. */
  already_marked: number;
  /** No longer selectable, by class: archived, purged, redacted, replaced, coalesced. */
  not_live: Record<string, number>;
}

export function noCounts(): RequeueCounts {
  return { selected: 0, by_status: {}, in_flight: 0, already_marked: 0, not_live: {} };
}

/** Makes deliveries selectable again; sends nothing. */
export interface RequeueStore {
  /** What `requeue` would do now. Reads only. */
  count(request: RequeueRequest): Promise<RequeueCounts>;
  /**
   * `retry`: what failed for good becomes `failed_transient`, due now, with its
   * error and counts kept; what is rejected or transient becomes due now.
   * `replay`: what is delivered is marked and goes out again in a new
   * generation. Works in transactions of a few thousand rows, each whole with
   * its counters: killed at any moment, running it again does the rest. Events
   * in flight are never touched. `onProgress` gets the number done so far.
   */
  requeue(request: RequeueRequest, onProgress?: (done: number) => void): Promise<RequeueCounts>;
}

/** A delivery that may be meant, with what stands in the way of it. */
export interface RequeueCandidate {
  readonly seq: number;
  readonly status: string;
  readonly error: string | null;
  readonly class: string;
  readonly marked: 0 | 1;
}

/** One page of those that are meant; `selected` are those that nothing stands in the way of. */
export interface RequeuePage {
  readonly rows: readonly RequeueCandidate[];
  readonly selected: readonly RequeueCandidate[];
  readonly inFlight: ReadonlySet<number>;
}

/** Tells whether a request means a delivery with this error. */
export const meantBy = ({
  cause,
}: RequeueRequest): ((row: Pick<RequeueCandidate, 'error'>) => boolean) => {
  if (cause === undefined) return () => true;
  const isCause = causeIs(cause);
  return ({ error }) => isCause(error);
};

/** Of the rows of a page, those that are meant and free. */
export function pageOf(
  rows: readonly RequeueCandidate[],
  inFlight: ReadonlySet<number>,
  isMeant: (row: RequeueCandidate) => boolean,
): RequeuePage {
  const isFree = (row: RequeueCandidate): boolean =>
    row.class === 'live' && row.marked === 0 && !inFlight.has(row.seq);
  const meant = rows.filter(isMeant);
  return { rows: meant, selected: meant.filter(isFree), inFlight };
}

/** Adds a page to the counts. */
export function tally(counts: RequeueCounts, { rows, selected, inFlight }: RequeuePage): void {
  counts.selected += selected.length;
  for (const { status } of selected) add(counts.by_status, status);
  for (const row of rows) {
    if (row.class !== 'live') add(counts.not_live, row.class);
    else if (inFlight.has(row.seq)) counts.in_flight += 1;
    else if (row.marked === 1) counts.already_marked += 1;
  }
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
