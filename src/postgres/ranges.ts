import { type SeqRanges, toRanges } from '../ledger/seq-ranges.js';

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
