import { expect } from 'chai';
import { payloadDifferences } from '../../src/conflicts/payload-diff.js';

const differences = (journal: string, incoming: string) =>
  payloadDifferences(Buffer.from(journal), Buffer.from(incoming));

describe('the differences of two payloads', () => {
  it('are named by their place, with values as written', () => {
    expect(
      differences(
        '{"a": 1, "b": {"c": [1, 2.50], "d": "x"}, "gone": null}',
        '{"b": {"d": "x", "c": [1, 2.75, 3]}, "a": 12345678901234567890, "new": true}',
      ),
    ).to.deep.equal([
      { path: 'a', journal: '1', incoming: '12345678901234567890' },
      { path: 'b.c[1]', journal: '2.50', incoming: '2.75' },
      { path: 'b.c[2]', journal: null, incoming: '3' },
      { path: 'gone', journal: 'null', incoming: null },
      { path: 'new', journal: null, incoming: 'true' },
    ]);
  });

  it('are none where only the spelling differs', () => {
    expect(differences('{"a": 100.0, "b": "é"}', '{"b":"\\u00e9","a":1e2}')).to.deep.equal([]);
  });

  it('are the whole where a side is not JSON, or of another kind', () => {
    expect(differences('{', '{}')).to.deep.equal([{ path: '', journal: '{', incoming: '{}' }]);
    expect(differences('[1]', '{"a": 1}')).to.deep.equal([
      { path: '', journal: '[1]', incoming: '{"a": 1}' },
    ]);
  });

  it('end at a depth that nobody reads, without a crash', () => {
    const deep = (inner: string): string => `${'['.repeat(50_000)}${inner}${']'.repeat(50_000)}`;
    expect(differences(deep('1'), deep('2'))).to.have.length(1);
  });
});
