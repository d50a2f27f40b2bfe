import type { EventQuery, EventState, ListedEvent } from './event-list.js';

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

/** What a page is read along. */
export type Way = 'events' | 'deliveries' | 'marks' | 'unsettled' | 'named';

/** The shortest way to the events of a state. `named` is a list of sequence numbers that the caller has. */
export const WAY_OF: Readonly<Record<EventState, Way>> = {
  unsent: 'events',
  held: 'events',
  excluded: 'events',
  live: 'events',
  delivered: 'deliveries',
  terminal: 'deliveries',
  pending: 'unsettled',
  rejected: 'unsettled',
  transient: 'unsettled',
  coalesced: 'marks',
  replaced: 'marks',
  archived: 'marks',
  redacted: 'marks',
  purged: 'marks',
};

/** More failures for good than these are searched along the ledger, and not named. */
export const MOST_NAMED = 20_000;
