import { expect } from 'chai';
import fc from 'fast-check';
import {
  canonicalBytes,
  canonicalDigest,
  faultOffset,
  sameValue,
} from '../../src/json/canonical.js';
import { respelled } from './respell.js';

const bytesOf = (text: string): Buffer => Buffer.from(text);

/** By both roads: the comparison, and the stored digests. */
function expectSame(a: Buffer, b: Buffer, same: boolean): void {
  const label = `${a.toString().slice(0, 60)} ~ ${b.toString().slice(0, 60)}`;
  expect(sameValue(a, b), label).to.equal(same);
  expect(sameValue(b, a), label).to.equal(same);
  expect(canonicalDigest(a).equals(canonicalDigest(b)), label).to.equal(same);
}

const equal = (a: string, b: string): void => expectSame(bytesOf(a), bytesOf(b), true);
const different = (a: string, b: string): void => expectSame(bytesOf(a), bytesOf(b), false);

describe('equality by value', () => {
  it('ignores key order, whitespace and escapes', () => {
    equal('{"a":1,"b":[true,null]}', ' {\t"b" : [ true , null ] ,\r\n"a" : 1 } ');
    equal('"\\u00e9\\/\\n"', '"é/\\u000A"');
    equal('"\\ud83d\\ude00"', '"😀"');
    equal('{"\\u0062":1,"a":{"d":1,"c":2}}', '{"a":{"c":2,"d":1},"b":1}');
    different('"é"', '"e\\u0301"');
    different('"a"', '" a"');
  });

  it('compares non-integers as IEEE doubles', () => {
    equal('100.0', '1e2');
    equal('1E+2', '1000e-1');
    equal('0.1', '0.1000000000000000055511151231257827');
    equal('1e400', '1e500');
    equal('0.0', '0e99999999999');
    equal('-0.0', '-0e5');
    different('-0.0', '0.0');
    different('0.1', '0.10000000000000002');
    different('1e400', '-1e400');
  });

  it('compares integers exactly at any size', () => {
    equal('-0', '0');
    different('9007199254740993', '9007199254740992');
    different('1', '1.0');
    different('100', '1e2');
    different('-1', '1');
    const digits = '7'.repeat(10_000);
    equal(`[${digits}]`, ` [ ${digits} ] `);
    different(digits, `${digits.slice(1)}8`);
  });

  it('lets the last of equal keys win', () => {
    equal('{"a":1,"b":2,"\\u0061":3}', '{"b":2,"a":3}');
    equal('{"a":1,"a":2}', '{"a":2}');
    different('{"a":1,"a":2}', '{"a":1}');
    equal('{"z":0,"a":{"y":1,"x":2},"a":{"q":1,"p":2}}', '{"a":{"p":2,"q":1},"z":0}');
  });

  it('takes the bare literals as values of their own', () => {
    for (const literal of ['NaN', 'Infinity', '-Infinity']) {
      equal(`{"a":${literal},"b":1}`, `{ "b": 1, "a": ${literal} }`);
      different(`[${literal}]`, `["${literal}"]`);
      different(`[${literal}]`, '[null]');
    }
    different('[Infinity]', '[1e999]');
    different('[Infinity]', '[-Infinity]');
  });

  it('keeps lone surrogates apart', () => {
    equal('"\\ud800"', '"\\uD800"');
    different('"\\ud800"', '"\\ud801"');
    different('"\\ud800"', '"\\ufffd"');
    different('"\\udc00\\ud800"', '"\\ud800\\udc00"');
  });

  it('keeps values of different kinds apart', () => {
    const texts = [
      '1',
      '"1"',
      '[1]',
      '{"1":1}',
      'true',
      '"true"',
      '[]',
      '{}',
      '""',
      'null',
      '[[]]',
    ];
    for (const a of texts) for (const b of texts) if (a !== b) different(a, b);
    different('["a","b"]', '["a,b"]');
    different('{"a":{"b":1},"c":2}', '{"a":{"b":1,"c":2}}');
  });
});

describe('equality of what is not JSON', () => {
  const malformed = [
    '',
    ' ',
    '{',
    '}',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    "{'a':1}",
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '1e+',
    '-',
    '-a',
    '--1',
    '0x1',
    'nul',
    'nullx',
    'nan',
    '-NaN',
    '[1 2]',
    '{"a":1 "b":2}',
    '"a',
    '"\n"',
    '"\u0000"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u12"',
    '[1]]',
    '1 2',
    '\ufeff{}',
    '{"a":1]',
    '[1}',
    '\u00a0{}',
    '[1]\v',
    '{1:2}',
    'tru',
    'Infinit',
    '"\\',
    '{"a":1}{"a":1}',
  ];

  it('compares it as raw bytes', () => {
    for (const text of malformed) {
      expect(canonicalBytes(bytesOf(text)), JSON.stringify(text)).to.equal(undefined);
      equal(text, text);
      different(text, `${text} `);
    }
  });

  it('compares invalid UTF-8 as raw bytes', () => {
    const invalid = Buffer.concat([bytesOf('{"a":"'), Buffer.from([0xff]), bytesOf('"}')]);
    const spaced = Buffer.concat([bytesOf('{"a": "'), Buffer.from([0xff]), bytesOf('"}')]);
    expectSame(invalid, Buffer.from(invalid), true);
    expectSame(invalid, spaced, false);
    expectSame(invalid, bytesOf('{"a":"\ufffd"}'), false);
  });

  it('never lets it meet a valid text, not even its canonical form', () => {
    for (const text of ['bytes:1', '1']) {
      const raw = Buffer.concat([bytesOf('bytes:'), bytesOf(text)]);
      expectSame(raw, bytesOf(text), false);
    }
  });

  it('tells where a text stops being JSON', () => {
    expect(faultOffset(bytesOf('{"a":NaN}'))).to.equal(undefined);
    expect(faultOffset(bytesOf('{"a":{"b":1}\n{'))).to.equal(13);
    expect(faultOffset(bytesOf('{"é":[1,2'))).to.equal(10);
    expect(faultOffset(bytesOf('{"a":"x'))).to.equal(7);
    expect(faultOffset(bytesOf('{"a":"\\'))).to.equal(7);
  });
});

/** SHA-256 of the canonical text, and of `bytes:nope`: they are stored in journals. */
const GOLDEN = '680d6e39943d29b07951f14c01023343f14a3b197199866dd144efd187009551';
const GOLDEN_RAW = '22c31898834a020cacc01e1955e007dd694a55ae66a44cfebeeb857422934e90';

describe('the canonical form', () => {
  it('is a 32-byte SHA-256 that stays the same from release to release', () => {
    const digest = canonicalDigest(bytesOf('{"b":[1,1.5,"\\u00e9"],"a":-0}'));
    expect(canonicalBytes(bytesOf('{"b":[1,1.5,"\\u00e9"],"a":-0}'))?.toString()).to.equal(
      '{"a":0,"b":[1,1.5e+0,"é"]}',
    );
    expect(digest.toString('hex')).to.equal(GOLDEN);
    expect(canonicalDigest(bytesOf('nope')).toString('hex')).to.equal(GOLDEN_RAW);
  });

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const once = canonicalBytes(bytesOf(text)) as Buffer;
        expect(canonicalBytes(once)?.toString()).to.equal(once.toString());
      }),
    );
  });

  it('means the same to JSON.parse', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const canonical = canonicalBytes(bytesOf(text)) as Buffer;
        expect(JSON.parse(canonical.toString())).to.deep.equal(JSON.parse(text));
      }),
    );
  });

  it('does not change with another spelling of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.infiniteStream(fc.nat(1000)), (value, dice) => {
        const next = (): number => dice.next().value;
        equal(respelled(value, next), respelled(value, next));
      }),
      { numRuns: 500 },
    );
  });

  it('changes with any change of the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
        // JSON.stringify keeps insertion order, so compare in one order of keys.
        expectSame(bytesOf(left), bytesOf(right), sortedText(a) === sortedText(b));
      }),
      { numRuns: 500 },
    );
  });
});

describe('depth', () => {
  const levels = 1_000_000;

  it('takes a million nested arrays as data', () => {
    const deep = (inner: string): string => '['.repeat(levels) + inner + ']'.repeat(levels);
    equal(deep('1'), deep(' 1 '));
    different(deep('1'), deep('2'));
    expect(canonicalBytes(bytesOf('['.repeat(levels)))).to.equal(undefined);
  });

  it('takes a million nested objects as data', () => {
    const deep = (inner: string): Buffer =>
      bytesOf(`${'{"a":'.repeat(levels)}${inner}${'}'.repeat(levels)}`);
    expect(canonicalDigest(deep('1')).equals(canonicalDigest(deep(' 1 ')))).to.equal(true);
  });

  it('sorts nested objects without copying each level again', () => {
    const count = 200_000;
    const deep = bytesOf(`${'{"b":1,"a":'.repeat(count)}0${'}'.repeat(count)}`);
    const sorted = bytesOf(`${'{"a":'.repeat(count)}0${',"b":1}'.repeat(count)}`);
    expect(canonicalBytes(deep)?.equals(sorted)).to.equal(true);
  });

  it('takes wide objects and arrays', () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `"k${index}":${index}`);
    equal(`{${keys.join(',')}}`, `{${keys.toReversed().join(', ')}}`);
    equal(`[${'1,'.repeat(300_000)}1]`, `[${'1, '.repeat(300_000)}1]`);
  });
});

function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
