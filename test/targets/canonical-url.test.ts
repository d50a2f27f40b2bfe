import { expect } from 'chai';
import {
  canonicalUrl,
  isWithinRedrain,
  UnusableUrlError,
  urlHash,
} from '../../src/targets/canonical-url.js';

const SAME: readonly [given: string, canonical: string][] = [
  ['https://teamspace.example', 'https://teamspace.example'],
  ['  HTTPS://TeamSpace.Example/  ', 'https://teamspace.example'],
  ['https://teamspace.example:443', 'https://teamspace.example'],
  ['http://teamspace.example:80/', 'http://teamspace.example'],
  ['http://teamspace.example:443', 'http://teamspace.example:443'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['https://BÜCHER.example/', 'https://xn--bcher-kva.example'],
  ['https://teamspace.example/Path/', 'https://teamspace.example/Path'],
  ['https://teamspace.example//', 'https://teamspace.example'],
  ['https://teamspace.example/a/./b/../c', 'https://teamspace.example/a/c'],
  ['https://teamspace.example/a?x=1&Y=2', 'https://teamspace.example/a?x=1&Y=2'],
  ['https://teamspace.example/a/?x=1', 'https://teamspace.example/a?x=1'],
  ['https://teamspace.example?x=/1/', 'https://teamspace.example?x=/1/'],
  ['https://teamspace.example/a?', 'https://teamspace.example/a'],
  ['https://teamspace.example/a#part', 'https://teamspace.example/a'],
  ['https://teamspace.example/@me', 'https://teamspace.example/@me'],
  ['http://[0:0:0:0:0:0:0:1]:8000', 'http://[::1]:8000'],
  ['http://0x7f.1', 'http://127.0.0.1'],
  ['stub:', 'stub:'],
  ['STUB:Two', 'stub:two'],
  ['module:./Own.mjs', 'module:./Own.mjs'],
  ['MODULE:./a/../own.mjs?topic=A', 'module:./own.mjs?topic=A'],
  ['module:../shared/own.mjs#part', 'module:../shared/own.mjs'],
  ['module:/opt/own.mjs', 'module:/opt/own.mjs'],
];

const UNUSABLE: readonly [given: string, complaint: RegExp][] = [
  ['', /empty/],
  ['   ', /empty/],
  ['teamspace.example', /must start with/],
  ['localhost:8000', /must start with/],
  ['ftp://teamspace.example', /must start with/],
  ['https:teamspace.example', /must start with/],
  ['https:/teamspace.example', /must start with/],
  ['//teamspace.example', /must start with/],
  ['javascript:alert(1)', /must start with/],
  ['stub:a b', /must start with/],
  ['module:own.mjs', /must name a file/],
  ['module:./folder/', /must name a file/],
  ['module:', /must name a file/],
  ['module:./a\u0000b', /control/],
  ['https://', /no host/],
  ['https:///path', /no host/],
  ['https://?x=1', /no host/],
  ['https://a b.example', /blanks/],
  ['https://teamspace.example/a\tb', /blanks/],
  ['https://teamspace.example\\evil', /backslashes/],
  ['https://teamspace.example/\u0000', /control/],
  ['https://teamspace.example:99999', /host or port/],
  ['https://teamspace.example:port', /host or port/],
  ['https://exa<mple', /host or port/],
  ['https://[::1', /host or port/],
];

describe('the canonical address', () => {
  for (const [given, canonical] of SAME) {
    it(`of ${JSON.stringify(given)} is ${canonical}`, () => {
      expect(canonicalUrl(given)).to.equal(canonical);
      expect(canonicalUrl(canonical), 'applied twice').to.equal(canonical);
    });
  }

  for (const [given, complaint] of UNUSABLE) {
    it(`of ${JSON.stringify(given)} is an error, never the hash of an invalid address`, () => {
      expect(() => canonicalUrl(given)).to.throw(UnusableUrlError, complaint);
    });
  }

  it('shows what nobody would see in the address', () => {
    expect(() => canonicalUrl('https://teamspace.example/\u001b[2J\u200b')).to.throw(
      'https://teamspace.example/\\x1b[2J\\u200b cannot be used',
    );
  });

  for (const given of [
    'https://ada:s3cret@teamspace.example',
    'https://s3cret@teamspace.example/',
    'https://ada:s3cret@',
    'ada:s3cret@teamspace.example',
    'ftp://ada:s3cret@teamspace.example',
    'https://ada:s3cret@bad host',
    'https://host.example:x/?token=s3cret',
  ]) {
    it(`refuses ${given} without repeating its secret`, () => {
      expect(() => canonicalUrl(given)).to.throw(UnusableUrlError, /^(?!.*s3cret)/s);
    });
  }

  it('hashes to the hex SHA-256 of its bytes', () => {
    // printf %s https://teamspace.example | sha256sum
    expect(urlHash('https://teamspace.example')).to.match(/^[0-9a-f]{64}$/);
    expect(urlHash('')).to.equal(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('knows the stub', () => {
    expect([
      isWithinRedrain('stub:'),
      isWithinRedrain('stub:x'),
      isWithinRedrain('https://stub'),
    ]).to.deep.equal([true, true, false]);
  });
});
