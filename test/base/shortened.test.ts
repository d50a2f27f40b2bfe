import { expect } from 'chai';
import { shortened } from '../../src/base/shortened.js';

describe('a long name', () => {
  it('has 80 characters at most, and no half of one', () => {
    for (const letter of ['a', 'א', '😀']) {
      expect(shortened(letter.repeat(80))).to.equal(letter.repeat(80));
      expect(shortened(letter.repeat(81))).to.equal(`${letter.repeat(79)}…`);
    }
  });
});
