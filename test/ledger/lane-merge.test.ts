import { expect } from 'chai';
import fc from 'fast-check';
import { type LaneEvent, type LaneHead, mergeLanes } from '../../src/ledger/lane-merge.js';

/** Lanes as a table would hold them: sequence numbers of each origin, ascending. */
type Lanes = readonly (readonly number[])[];

describe('the merge of lanes', () => {
  it('is what sorting everything would give', () => {
    fc.assert(
      fc.property(anyLanes(), fc.nat({ max: 400 }), (lanes, count) => {
        const sorted = lanes
          .flatMap((seqs, originId) => seqs.map((seq) => ({ originId, seq })))
          .sort((a, b) => a.seq - b.seq);
        expect(merge(lanes, count).events).to.deep.equal(sorted.slice(0, count));
      }),
      { numRuns: 200 },
    );
  });

  it('reads no lane that takes no part', () => {
    const far = Array.from({ length: 500 }, (_, i) => 10_000 + i);
    const { events, rowsRead } = merge([[1, 2, 3], far, far.map((seq) => seq + 1_000)], 3);
    expect(events.map(({ seq }) => seq)).to.deep.equal([1, 2, 3]);
    expect(rowsRead).to.deep.equal([2, 0, 0]);
  });

  it('reads about as many rows as it gives, plus a page for each lane', () => {
    const lanes = Array.from({ length: 10 }, (_, lane) =>
      Array.from({ length: 5_000 }, (_, i) => i * 10 + lane),
    );
    const { events, rowsRead } = merge(lanes, 1_000);
    expect(events).to.have.length(1_000);
    expect(Math.max(...rowsRead)).to.be.at.most(100 + 128);
  });

  it('gives nothing when nothing is wanted or there is nothing', () => {
    expect(merge([[1, 2]], 0).events).to.deep.equal([]);
    expect(merge([], 10).events).to.deep.equal([]);
  });
});

function merge(lanes: Lanes, count: number): { events: LaneEvent[]; rowsRead: number[] } {
  const rowsRead = lanes.map(() => 0);
  const heads = lanes.flatMap((seqs, originId): LaneHead[] =>
    seqs[0] === undefined ? [] : [{ originId, first: seqs[0] }],
  );
  const events = mergeLanes(heads, count, (originId, from, limit) => {
    const page = (lanes[originId] ?? []).filter((seq) => seq >= from).slice(0, limit);
    rowsRead[originId] = (rowsRead[originId] ?? 0) + page.length;
    return page;
  });
  return { events, rowsRead };
}

/** Up to a thousand sequence numbers, each in one of up to eight lanes: in stretches, or shuffled. */
function anyLanes(): fc.Arbitrary<number[][]> {
  const stretches = fc.array(fc.tuple(fc.nat({ max: 7 }), fc.integer({ min: 1, max: 150 })), {
    maxLength: 12,
  });
  return stretches.map((parts) => {
    const lanes: number[][] = Array.from({ length: 8 }, () => []);
    let seq = 0;
    for (const [lane, length] of parts)
      for (let i = 0; i < length; i++) {
        seq += 1 + ((lane + i) % 3);
        // Every fifth goes astray, so that lanes interleave within a stretch too.
        lanes[(lane + (i % 5 === 4 ? 1 : 0)) % 8]?.push(seq);
      }
    return lanes;
  });
}
