import { expect } from 'chai';
import fc from 'fast-check';
import { fromRanges, rangesContain, toRanges } from '../../src/ledger/seq-ranges.js';

const anySeqs = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 150 });

describe('ranges of sequence numbers', () => {
  it('come back as the same numbers, sorted', () => {
    fc.assert(
      fc.property(anySeqs, (seqs) => {
        const sorted = [...seqs].sort((a, b) => a - b);
        expect(fromRanges(toRanges(seqs))).to.deep.equal(sorted);
      }),
    );
  });

  it('are ascending, with a gap between every two', () => {
    fc.assert(
      fc.property(anySeqs, (seqs) => {
        const ranges = toRanges(seqs);
        for (const [first, last] of ranges) expect(first).to.be.at.most(last);
        for (const [i, [first]] of ranges.entries())
          if (i > 0) expect(first).to.be.greaterThan((ranges[i - 1]?.[1] ?? 0) + 1);
      }),
    );
  });

  it('contain what went in and nothing else', () => {
    fc.assert(
      fc.property(anySeqs, fc.integer({ min: 0, max: 201 }), (seqs, seq) => {
        expect(rangesContain(toRanges(seqs), seq)).to.equal(seqs.includes(seq));
      }),
    );
  });

  it('make one pair of a batch of neighbours, and leave their argument alone', () => {
    const seqs = [3, 1, 2];
    expect(toRanges(seqs)).to.deep.equal([[1, 3]]);
    expect(seqs).to.deep.equal([3, 1, 2]);
    expect(toRanges([])).to.deep.equal([]);
  });

  it('survive JSON, as a flight row stores them', () => {
    const ranges = toRanges([1, 2, 3, 7, 9, 10]);
    expect(JSON.stringify(ranges)).to.equal('[[1,3],[7,7],[9,10]]');
    expect(fromRanges(JSON.parse(JSON.stringify(ranges)))).to.deep.equal([1, 2, 3, 7, 9, 10]);
  });
});
