import { expect } from 'chai';
import { unsendableAsJson } from '../../src/receivers/unsendable.js';
import { anEvent } from './events.js';

const reasonFor = (bytes: string | Buffer) =>
  unsendableAsJson(anEvent('a', { bytes: Buffer.from(bytes) }));

describe('unsendableAsJson', () => {
  it('accepts JSON in any script', () => {
    for (const text of ['{}', '{"a":"日本語 \u2028 é"}', '{"a":"NaN","b":[1e999]}'])
      expect(reasonFor(text), text).to.equal(undefined);
  });

  it('names a bare literal, and nothing else of the payload', () => {
    expect(reasonFor('{"secret":"x","a":NaN}')).to.equal(
      'the payload is not valid JSON: it holds a bare NaN, which JSON does not have',
    );
    expect(reasonFor('{"a":[1,-Infinity]}')).to.include('-Infinity');
    expect(reasonFor('{"secret":"NaN",}')).to.equal(
      'the payload is not valid JSON: it cannot be parsed',
    );
  });

  it('refuses what is not UTF-8', () => {
    expect(reasonFor(Buffer.from([0x22, 0xff, 0x22]))).to.include('UTF-8');
    expect(reasonFor(Buffer.from('\uFEFF{}'))).to.include('not valid JSON');
  });

  it('repeats what the journal already knows', () => {
    expect(unsendableAsJson(anEvent('a', { undeliverable: 'inner id differs' }))).to.equal(
      'inner id differs',
    );
  });
});
