/** Sequence numbers as closed ranges, ascending: a batch of neighbours is one pair. */
export type SeqRanges = [first: number, last: number][];

/** The ranges that cover exactly these numbers; they need not be sorted. */
export function toRanges(seqs: readonly number[]): SeqRanges {
  const ranges: SeqRanges = [];
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && seq === last[1] + 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges;
}

/** Every number in the ranges. */
export function fromRanges(ranges: SeqRanges): number[] {
  return ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
  );
}

export function rangesContain(ranges: SeqRanges, seq: number): boolean {
  return ranges.some(([first, last]) => first <= seq && seq <= last);
}
