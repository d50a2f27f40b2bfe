/** Sequence numbers as closed ranges, ascending: a batch of neighbours is one pair. */
export type SeqRanges = [first: number, last: number][];

/**
 * The ranges that cover exactly these numbers; they need not be sorted. Every batch comes by here
 * several times: an iterator would make an object of each number.
 */
export function toRanges(seqs: readonly number[]): SeqRanges {
  const sorted = ascending(seqs);
  const ranges: SeqRanges = [];
  for (let at = 0; at < sorted.length; ) {
    const first = sorted[at] as number;
    let last = first;
    for (at += 1; sorted[at] === last + 1; at += 1) last += 1;
    ranges.push([first, last]);
  }
  return ranges;
}

/** Most lists are in order already, and sorting costs more than looking. */
function ascending(seqs: readonly number[]): readonly number[] {
  for (let at = 1; at < seqs.length; at += 1)
    if ((seqs[at] as number) < (seqs[at - 1] as number)) return [...seqs].sort((a, b) => a - b);
  return seqs;
}

/** Every number in the ranges. */
export function fromRanges(ranges: SeqRanges): number[] {
  return ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
  );
}

/** All numbers of both. */
export function joinRanges(some: SeqRanges, others: SeqRanges): SeqRanges {
  const joined: SeqRanges = [];
  for (const [first, end] of [...some, ...others].sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last !== undefined && first <= last[1] + 1) last[1] = Math.max(last[1], end);
    else joined.push([first, end]);
  }
  return joined;
}

/** The ranges without these numbers, and those of them that were there. */
export function takeOut(
  ranges: SeqRanges,
  seqs: readonly number[],
): { readonly left: SeqRanges; readonly taken: Set<number> } {
  const left: SeqRanges = [];
  const taken = new Set<number>();
  const sorted = ascending(seqs);
  let at = 0;
  for (const [first, last] of ranges) {
    let from = first;
    for (; (sorted[at] ?? Infinity) <= last; at += 1) {
      const seq = sorted[at] as number;
      if (seq < from) continue;
      taken.add(seq);
      if (seq > from) left.push([from, seq - 1]);
      from = seq + 1;
    }
    if (from <= last) left.push([from, last]);
  }
  return { left, taken };
}

export function rangesContain(ranges: SeqRanges, seq: number): boolean {
  return ranges.some(([first, last]) => first <= seq && seq <= last);
}
