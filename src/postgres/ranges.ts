import { type SeqRanges, toRanges } from '../ledger/seq-ranges.js';

/** The rows of `@firsts` and `@lasts`. */
export const RANGES = 'unnest(@firsts::bigint[], @lasts::bigint[]) AS r (first, last)';

/**
 * Ends a subquery that is to be looked up for each range. Without it the planner may turn the
 * join round, and a plan made while a table is small reads all of it from then on.
 */
export const LOOKED_UP = 'OFFSET 0';

/** Ranges as the two arrays that `unnest` makes rows of. */
export type RangeColumns = {
  readonly firsts: readonly number[];
  readonly lasts: readonly number[];
};

/** The ranges that cover exactly these numbers. */
export function rangeColumns(seqs: readonly number[]): RangeColumns {
  return columnsOfRanges(toRanges(seqs));
}

export function columnsOfRanges(ranges: SeqRanges): RangeColumns {
  return { firsts: ranges.map(([first]) => first), lasts: ranges.map(([, last]) => last) };
}
