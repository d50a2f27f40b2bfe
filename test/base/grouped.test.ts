import { expect } from 'chai';
import fc from 'fast-check';
import { grouped } from '../../src/base/grouped.js';

describe('a number in groups', () => {
  it('is written as in English', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect(grouped(n)).to.equal(n.toLocaleString('en'));
      }),
    );
    for (const n of [0, 7, 999, 1_000, 12_345, 999_999, 1_000_000, -1_000])
      expect(grouped(n)).to.equal(n.toLocaleString('en'));
  });
});
