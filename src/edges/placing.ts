/** Numbers of one edge that are accounted for: here from event `seq` on, or kept at the edge (null). */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
  readonly seq: number | null;
}

/** Numbers of one range of events: the event of a number is then found by few of them. */
export const LONGEST_RANGE = 10_000;

/** What a range changes in those that are known. */
export interface Placement {
  /** The first numbers of those that go. */
  readonly remove: readonly number[];
  readonly insert: readonly NumberRange[];
  /** How many numbers came to be here. */
  readonly received: number;
  /** How many more are kept at the edge: below zero where such numbers came after all. */
  readonly excluded: number;
  /** Numbers that were here before, with the events they were then. */
  readonly repeated: readonly NumberRange[];
}

/**
 * Adds one range to those that are known. What is here stays as it came first;
 * what was kept at the edge may come later. `known` are those that overlap it
 * or end right before it, ascending.
 */
export function place(range: NumberRange, known: readonly NumberRange[]): Placement {
  const before = known.find(({ last }) => last === range.first - 1);
  const overlapping = known.filter(({ first, last }) => last >= range.first && first <= range.last);
  const stays = (one: NumberRange): boolean => one.seq !== null || range.seq === null;
  const pieces = without(range, overlapping.filter(stays));
  const gives = overlapping.filter((one) => !stays(one));
  const rests = gives.flatMap((one) => without(one, [range]));
  const [head, ...others] = pieces;
  const isNext = head !== undefined && before !== undefined && follows(head, before);
  const joined = isNext ? { ...before, last: head.last } : head;
  return {
    remove: [...(isNext ? [before.first] : []), ...gives.map(({ first }) => first)],
    insert: [...rests, ...(joined === undefined ? [] : [joined]), ...others],
    received: range.seq === null ? 0 : sizeOf(pieces),
    excluded: range.seq === null ? sizeOf(pieces) : sizeOf(rests) - sizeOf(gives),
    repeated: range.seq === null ? [] : overlapping.filter(stays).map((one) => common(one, range)),
  };
}

/** The parts of a range that the others, ascending, do not cover. */
function without(range: NumberRange, others: readonly NumberRange[]): NumberRange[] {
  const parts: NumberRange[] = [];
  let from = range.first;
  for (const { first, last } of others) {
    if (first > from) parts.push(partOf(range, from, Math.min(first - 1, range.last)));
    from = Math.max(from, last + 1);
  }
  if (from <= range.last) parts.push(partOf(range, from, range.last));
  return parts;
}

function partOf({ first: start, seq }: NumberRange, first: number, last: number): NumberRange {
  return { first, last, seq: seq === null ? null : seq + first - start };
}

const common = (one: NumberRange, other: NumberRange): NumberRange =>
  partOf(one, Math.max(one.first, other.first), Math.min(one.last, other.last));

function follows(range: NumberRange, before: NumberRange): boolean {
  if (range.first !== before.last + 1) return false;
  if (range.seq === null || before.seq === null) return range.seq === before.seq;
  if (range.last - before.first >= LONGEST_RANGE) return false;
  return range.seq === before.seq + range.first - before.first;
}

const sizeOf = (ranges: readonly NumberRange[]): number =>
  ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);

/** Neighbours whose events are neighbours as well, as ranges. They are sorted by their numbers. */
export function toNumberRanges(
  arrived: readonly { readonly number: number; readonly seq: number }[],
): NumberRange[] {
  const ranges: { first: number; last: number; seq: number }[] = [];
  for (const { number, seq } of arrived) {
    const run = ranges.at(-1);
    const isNext =
      number === (run?.last ?? 0) + 1 && seq === (run?.seq ?? 0) + number - (run?.first ?? 0);
    if (run !== undefined && isNext && number - run.first < LONGEST_RANGE) run.last = number;
    else ranges.push({ first: number, last: number, seq });
  }
  return ranges;
}
