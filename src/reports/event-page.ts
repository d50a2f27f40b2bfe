import type { EventQuery, EventState, ListedEvent } from './event-list.js';

/** One page of a list, newest first. */
export interface EventPageQuery extends EventQuery {
  /** Only events whose error has this cause, as `causeIs` tells; with `rejected`, `transient` or `terminal`. */
  readonly cause?: string | undefined;
  /** Only events before this sequence number: `older` of the page before. */
  readonly before?: number | undefined;
  /** `isAside` of the page before. */
  readonly isAside?: boolean | undefined;
  /** Most events of the page. */
  readonly limit: number;
  /** Milliseconds that the search may take; it ends at the first look behind them. */
  readonly budgetMs: number;
}

export interface EventPage {
  readonly events: readonly ListedEvent[];
  /** `before` of the next page; null when there is nothing older. */
  readonly older: number | null;
  /** Whether the next page is of what stands aside, as `stretchesOf` tells. */
  readonly isAside: boolean;
  /** False when the time was used up before the page was full: older events may match. */
  readonly isFull: boolean;
}

/** Sequence numbers from `low` to before `before`. */
export interface Stretch {
  readonly low: number;
  readonly before: number;
}

/** One of the stretches that a page looks at. */
export interface Part extends Stretch {
  readonly isAside: boolean;
}

/**
 * Where to look, in this order. Events are captured in the order of their sequence numbers, so that
 * most of those that a filter of times means are in the one stretch `within`. The others stand aside:
 * they waited in the spool while more was captured, or a clock was wrong.
 */
export function stretchesOf(
  within: Stretch,
  head: number,
  { before = head + 1, isAside = false }: Pick<EventPageQuery, 'before' | 'isAside'>,
): Part[] {
  const aside = [
    { low: within.before, before: head + 1, isAside: true },
    { low: 1, before: within.low, isAside: true },
  ];
  const upTo = (part: Part): Part => ({ ...part, before: Math.min(part.before, before) });
  const parts = isAside ? aside.map(upTo) : [upTo({ ...within, isAside: false }), ...aside];
  return parts.filter((part) => part.low < part.before);
}

/** Where the next page goes on when this one came down to `reached` in the first of these parts. */
export function nextOf(
  [part, next]: readonly Part[],
  reached: number,
): Pick<EventPage, 'older' | 'isAside'> {
  if (part !== undefined && reached > part.low) return { older: reached, isAside: part.isAside };
  return { older: next?.before ?? null, isAside: next?.isAside ?? false };
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

/** The same where next to nothing is: what an event tells itself is looked at before its delivery is. */
export const WAY_ASIDE: Readonly<Record<Way, Way>> = {
  events: 'events',
  deliveries: 'events',
  marks: 'marks',
  unsettled: 'unsettled',
  named: 'named',
};

/** More failures for good than these are searched along the ledger, and not named. */
export const MOST_NAMED = 20_000;
