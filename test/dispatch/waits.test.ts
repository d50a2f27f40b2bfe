import { expect } from 'chai';
import fc from 'fast-check';
import { WAITS, Waits } from '../../src/dispatch/waits.js';

const HOUR = 3_600_000;
const almostOne = (): number => 1 - Number.EPSILON;

/** What Math.random can give. */
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyCap = fc.integer({ min: 1_000, max: 100 * HOUR });
const anyWaits = fc
  .record({ backoffMs: anyCap, circuitMs: anyCap, retryAfterMs: anyCap })
  .map((caps) => new Waits(caps));

describe('the backoff', () => {
  it('is at least a millisecond, at most an hour, and a whole number', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 1_000_000 }), anyRandom, (tries, random) => {
        const wait = WAITS.backoffMs(tries, () => random);
        expect(Number.isSafeInteger(wait)).to.equal(true);
        expect(wait).to.be.within(1, HOUR);
      }),
    );
  });

  it('doubles its ceiling with each try, from two seconds to an hour', () => {
    const ceilings = Array.from({ length: 13 }, (_, i) => WAITS.backoffMs(i + 1, almostOne));
    const doubled = Array.from({ length: 11 }, (_, i) => 2_000 * 2 ** i);
    expect(ceilings).to.deep.equal([...doubled, HOUR, HOUR]);
  });

  it('spreads events that failed together over the whole time', () => {
    expect(WAITS.backoffMs(5, () => 0)).to.equal(1);
    expect(WAITS.backoffMs(5, () => 0.25)).to.equal(8_000);
    expect(WAITS.backoffMs(5, () => 0.75)).to.equal(24_000);
  });
});

describe('the longest wait', () => {
  it('follows from the caps: whatever they are, a wait of theirs stands', () => {
    fc.assert(
      fc.property(anyWaits, fc.integer({ min: 0, max: 60 }), anyRandom, (waits, steps, random) => {
        const given = [
          waits.backoffMs(steps, () => random),
          waits.circuitMs(steps, () => random),
          waits.retryAfterMs(1_000_000 * HOUR),
          waits.backoffMs(60, almostOne),
          waits.circuitMs(60, almostOne),
        ];
        const now = 1_000;
        for (const wait of given)
          expect(waits.standing(now + wait, now), `a wait of ${wait} ms`).to.equal(now + wait);
        expect(waits.standing(now + waits.longestMs + 1, now)).to.equal(null);
      }),
    );
  });

  it('is what a server may ask for at most', () => {
    expect(WAITS.retryAfterMs(5_000)).to.equal(5_000);
    expect(WAITS.retryAfterMs(5 * HOUR)).to.equal(HOUR);
  });

  it('ends when the time is over', () => {
    expect(WAITS.standing(null, 5)).to.equal(null);
    expect(WAITS.standing(5, 5)).to.equal(null);
    expect(WAITS.standing(6, 5)).to.equal(6);
  });
});
