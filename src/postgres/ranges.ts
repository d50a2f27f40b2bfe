import { type SeqRanges, toRanges } from '../ledger/seq-ranges.js';

/** The rows of `@firsts` and `@lasts`. */
export const RANGES = 'unnest(@firsts::bigint[], @lasts::bigint[]) AS r (first, last)';

/**
 * Ends a subquery that is to be looked up for each range. Without it the planner may turn the
 * join round, and a plan made while a table is small reads all of it from then on.
 */
export const LOOKED_UP = 'OFFSET 0';

/** The greatest number that a column of numbers can hold. */
const GREATEST = '9223372036854775807';

/**
 * The rows of a target, for the first few of them in the order of an index on (`target_id`, `column`).
 * A planner that has no statistics takes the rows of one target for so few that it may read all of
 * them and sort; a stretch of that order, of which it cannot know the width, it reads in order.
 */
export const inOrderOfTarget = (column: 'id' | 'seq'): string => `
    (target_id, ${column}) >= (@targetId::bigint, 0)
    AND (target_id, ${column}) <= (@targetId::bigint, ${GREATEST})`;

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
