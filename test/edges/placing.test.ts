import { expect } from 'chai';
import { LONGEST_RANGE, type NumberRange, place, toNumberRanges } from '../../src/edges/placing.js';

describe('placing ranges of numbers', () => {
  it('says of each number what a list of single numbers says, after 300 random ranges', () => {
    const random = seeded(7);
    const single = new Map<number, number | null>();
    let known: NumberRange[] = [];
    const counted = { received: 0, excluded: 0 };
    for (let round = 0; round < 300; round += 1) {
      const range = randomRange(random, round);
      const { remove, insert, received, excluded, repeated } = place(range, nearOf(known, range));
      known = known.filter((one) => !remove.includes(one.first)).concat(insert);
      known.sort((a, b) => a.first - b.first);
      counted.received += received;
      counted.excluded += excluded;
      expect(asNumbers(repeated), `round ${round}`).to.deep.equal(hereBefore(single, range));
      addSingly(single, range);
      expect(asNumbers(known), `round ${round}`).to.deep.equal(
        [...single].sort(([a], [b]) => a - b),
      );
    }
    const here = [...single.values()].filter((seq) => seq !== null).length;
    expect(counted).to.deep.equal({ received: here, excluded: single.size - here });
  });

  it('joins what follows in both journals, up to the longest range', () => {
    const next = { first: 3, last: 4, seq: 12 };
    const joined = place(next, [{ first: 1, last: 2, seq: 10 }]);
    expect(joined.remove).to.deep.equal([1]);
    expect(joined.insert).to.deep.equal([{ first: 1, last: 4, seq: 10 }]);
    const full = { first: 1, last: LONGEST_RANGE, seq: 1 };
    const after = { first: LONGEST_RANGE + 1, last: LONGEST_RANGE + 1, seq: LONGEST_RANGE + 1 };
    expect(place(after, [full])).to.deep.include({ remove: [], insert: [after] });
  });

  it('makes ranges of neighbours whose events are neighbours', () => {
    const arrived = [
      { number: 1, seq: 11 },
      { number: 2, seq: 12 },
      { number: 3, seq: 14 },
      { number: 5, seq: 15 },
    ];
    expect(toNumberRanges(arrived)).to.deep.equal([
      { first: 1, last: 2, seq: 11 },
      { first: 3, last: 3, seq: 14 },
      { first: 5, last: 5, seq: 15 },
    ]);
  });
});

type Single = Map<number, number | null>;

function randomRange(random: () => number, round: number): NumberRange {
  const first = 1 + Math.floor(random() * 120);
  const last = first + Math.floor(random() * 9);
  return { first, last, seq: random() < 0.4 ? null : 1_000 * round + first };
}

const nearOf = (known: readonly NumberRange[], { first, last }: NumberRange): NumberRange[] =>
  known.filter((one) => one.last >= first - 1 && one.first <= last);

/** The numbers of a range that were here, where it brings any. */
const hereBefore = (single: Single, range: NumberRange): (number | null)[][] =>
  range.seq === null
    ? []
    : asNumbers([range]).flatMap(([number]) => {
        const was = single.get(number as number) ?? null;
        return was === null ? [] : [[number as number, was]];
      });

function addSingly(single: Single, range: NumberRange): void {
  for (const [number, seq] of asNumbers([range]))
    if ((single.get(number as number) ?? null) === null) single.set(number as number, seq ?? null);
}

const asNumbers = (ranges: readonly NumberRange[]): (number | null)[][] =>
  ranges.flatMap(({ first, last, seq }) =>
    [...Array(last - first + 1).keys()].map((at) => [first + at, seq === null ? null : seq + at]),
  );

/** Numerical Recipes' generator: the same numbers each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
