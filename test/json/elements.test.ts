import { expect } from 'chai';
import fc from 'fast-check';
import { arrayElements, memberArrayElements } from '../../src/json/elements.js';

const slices = (text: string, key: string): string[] | undefined =>
  memberArrayElements(Buffer.from(text), key)?.map(String);

describe('array elements', () => {
  it('gives the exact bytes of each, and where the array ends', () => {
    const bytes = Buffer.from(' [ 1.0 , "a,]\\"" ,{ "b" : [ ] },null] tail');
    const { ranges, end } = arrayElements(bytes, 0);
    expect(ranges.map(([from, to]) => bytes.subarray(from, to).toString())).to.deep.equal([
      '1.0',
      '"a,]\\""',
      '{ "b" : [ ] }',
      'null',
    ]);
    expect(bytes.subarray(end).toString()).to.equal(' tail');
  });

  it('is empty for an empty array', () => {
    expect(arrayElements(Buffer.from('[ ]'), 0)).to.deep.equal({ ranges: [], end: 3 });
  });

  it('finds the array under a top-level key, however the key is spelled', () => {
    expect(slices('{"x":{"events":[0]},"events":[ {"a": 1} ,2]}', 'events')).to.deep.equal([
      '{"a": 1}',
      '2',
    ]);
    expect(slices('{"\\u0065vents":[7]}', 'events')).to.deep.equal(['7']);
    expect(slices('{"events":[1],"events":[2]}', 'events')).to.deep.equal(['2']);
  });

  it('is undefined where there is no such array', () => {
    for (const text of ['{}', '{"events":{}}', '{"events":"[1]"}', '[[1]]']) {
      expect(slices(text, 'events'), text).to.equal(undefined);
    }
  });

  it('splits any array into its elements', () => {
    fc.assert(
      fc.property(fc.array(fc.json()), fc.constantFrom('', ' ', '\r\n'), (texts, gap) => {
        const body = `{"events":${gap}[${gap}${texts.join(`${gap},${gap}`)}${gap}]}`;
        expect(slices(body, 'events')).to.deep.equal(texts);
      }),
    );
  });

  it('takes a million levels as data', () => {
    const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`;
    expect(slices(`{"events":[${deep},1]}`, 'events')?.map((text) => text.length)).to.deep.equal([
      2_000_000, 1,
    ]);
  });
});
