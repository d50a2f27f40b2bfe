import { expect } from 'chai';
import fc from 'fast-check';
import { LaneHeap } from '../../src/ledger/lane-heap.js';
import { type LaneEvent, type LaneHead, mergeLanes } from '../../src/ledger/lane-merge.js';

/** Lanes as a table would hold them: sequence numbers of each origin, ascending. */
type Lanes = readonly (readonly number[])[];

describe('the merge of lanes', () => {
  it('is what sorting everything would give', () => {
    fc.assert(
      fc.property(anyLanes(), fc.nat({ max: 400 }), (lanes, count) => {
        const sorted = lanes
          .flatMap((seqs, originId) => seqs.map((seq) => ({ originId, seq, first: true })))
          .sort((a, b) => a.seq - b.seq);
        expect(merge(lanes, count).events).to.deep.equal(sorted.slice(0, count));
      }),
      { numRuns: 200 },
    );
  });

  it('goes on where it ended, whatever part of its events was taken', () => {
    fc.assert(
      fc.property(anyLanes(), fc.array(fc.integer({ min: 1, max: 60 })), (lanes, counts) => {
        const waiting = heapOf(lanes);
        let left = lanes.map((seqs) => [...seqs]);
        for (const count of counts) {
          const sorted = left.flat().sort((a, b) => a - b);
          const merged = mergeLanes(waiting, count, reads(left));
          expect(merged.events.map(({ seq }) => seq)).to.deep.equal(sorted.slice(0, count));
          // Half of them fit; the others go back, and so do their lanes.
          const taken = new Set(sorted.slice(0, Math.ceil(count / 2)));
          left = left.map((lane) => lane.filter((seq) => !taken.has(seq)));
          const goOn = merged.lanes.map(({ originId }) => ({
            originId,
            next: left[originId]?.[0],
          }));
          for (const { originId, next = Number.POSITIVE_INFINITY } of goOn)
            if (next < Number.POSITIVE_INFINITY) waiting.push({ originId, next });
        }
      }),
      { numRuns: 100 },
    );
  });

  it('reads no lane that takes no part', () => {
    const far = Array.from({ length: 500 }, (_, i) => 10_000 + i);
    const { events, rowsRead } = merge([[1, 2, 3], far, far.map((seq) => seq + 1_000)], 3);
    expect(events.map(({ seq }) => seq)).to.deep.equal([1, 2, 3]);
    expect(rowsRead).to.deep.equal([3, 0, 0]);
  });

  it('reads a lane that has moved on since from where it stands', () => {
    const waiting = heapOf([[5], [7, 9]]);
    const { events } = mergeLanes(waiting, 10, reads([[20], [], [30]]));
    expect(events).to.deep.equal([{ originId: 0, seq: 20, first: true }]);
    expect(waiting.size).to.equal(0);
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

function merge(lanes: Lanes, count: number): { events: readonly LaneEvent[]; rowsRead: number[] } {
  const rowsRead = lanes.map(() => 0);
  const { events } = mergeLanes(heapOf(lanes), count, (originId, after, limit) => {
    const page = reads(lanes)(originId, after, limit);
    rowsRead[originId] = (rowsRead[originId] ?? 0) + page.length;
    return page;
  });
  return { events, rowsRead };
}

function heapOf(lanes: Lanes): LaneHeap<LaneHead> {
  const heap = new LaneHeap<LaneHead>();
  for (const [originId, [next]] of lanes.entries())
    if (next !== undefined) heap.push({ originId, next });
  return heap;
}

const reads =
  (lanes: Lanes) =>
  (originId: number, after = 0, limit: number): number[] =>
    (lanes[originId] ?? []).filter((seq) => seq > after).slice(0, limit);

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
