import type { EventFilter } from '../journal/event-filter.js';

/** Events captured out of order that are looked at one by one; of more, each delivery is. */
export const MOST_STRAYS = 5_000;

/** Sequence numbers, both ends included. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
}

/**
 * A journal in two parts: almost all that was captured within the times of a filter is in one of
 * them. The smaller part is counted; the counters of the ledger give the rest.
 */
export interface Division {
  readonly counted: readonly Stretch[];
  readonly rest: readonly Stretch[];
  /** 1 where the counted part is the one within the times. */
  readonly isWithin: 0 | 1;
}

/** `first` is the first event captured at or after the one time, `end` the first at or after the other. */
export function divisionOf(first: number, end: number, head: number): Division {
  const within = [{ first, last: end - 1 }];
  const without = [
    { first: 1, last: first - 1 },
    { first: end, last: head },
  ];
  return end - first <= head / 2
    ? { counted: within, rest: without, isWithin: 1 }
    : { counted: without, rest: within, isWithin: 0 };
}

/** Both times, however early and late where the filter names none. */
export const timesOf = ({ since, until }: EventFilter) => ({
  since: since ?? Number.MIN_SAFE_INTEGER,
  until: until ?? Number.MAX_SAFE_INTEGER,
});
