import type { EventQuery, ListedEvent } from './event-list.js';

/** One page of a list, newest first. */
export interface EventPageQuery extends EventQuery {
  /** Only events whose error has this cause, as `causeIs` tells; with `rejected`, `transient` or `terminal`. */
  readonly cause?: string | undefined;
  /** Only events before this sequence number: `older` of the page before. */
  readonly before?: number | undefined;
  /** Most events of the page. */
  readonly limit: number;
  /** Milliseconds that the search may take; it ends at the first look behind them. */
  readonly budgetMs: number;
}

export interface EventPage {
  readonly events: readonly ListedEvent[];
  /** `before` of the next page; null when there is nothing older. */
  readonly older: number | null;
  /** False when the time was used up before the page was full: older events may match. */
  readonly isFull: boolean;
}
