import { expect } from 'chai';
import fc from 'fast-check';
import { backoffMs } from '../../src/ledger/backoff.js';

const HOUR = 3_600_000;

/** What Math.random can give. */
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the backoff', () => {
  it('is at least a millisecond, at most an hour, and a whole number', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 1_000_000 }), anyRandom, (tries, random) => {
        const wait = backoffMs(tries, () => random);
        expect(Number.isSafeInteger(wait)).to.equal(true);
        expect(wait).to.be.within(1, HOUR);
      }),
    );
  });

  it('doubles its ceiling with each try, from two seconds to an hour', () => {
    const almostOne = () => 1 - Number.EPSILON;
    const ceilings = Array.from({ length: 13 }, (_, i) => backoffMs(i + 1, almostOne));
    expect(ceilings).to.deep.equal([
      2_000,
      4_000,
      8_000,
      16_000,
      32_000,
      64_000,
      128_000,
      256_000,
      512_000,
      1_024_000,
      2_048_000,
      HOUR,
      HOUR,
    ]);
  });

  it('spreads events that failed together over the whole time', () => {
    expect(backoffMs(5, () => 0)).to.equal(1);
    expect(backoffMs(5, () => 0.25)).to.equal(8_000);
    expect(backoffMs(5, () => 0.75)).to.equal(24_000);
  });
});
