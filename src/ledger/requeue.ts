import type { EventFilter } from '../journal/event-filter.js';

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
  /** What `requeue` would do, from the same pages. Reads only. */
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
