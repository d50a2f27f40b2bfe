import { expect } from 'chai';
import fc from 'fast-check';
import {
  countTopLevelKey,
  topLevelMembers,
  withMember,
  withoutMember,
} from '../../src/json/members.js';

const bytesOf = (text: string): Buffer => Buffer.from(text);
const without = (text: string, key: string): string => withoutMember(bytesOf(text), key).toString();
const withValue = (text: string, key: string, value: string): string =>
  withMember(bytesOf(text), key, value).toString();

describe('top-level members', () => {
  it('gives keys and byte ranges, also around characters of several bytes', () => {
    const bytes = bytesOf(' { "é" : "ü" ,"b":[1,{"c":"}"}] } ');
    const shown = topLevelMembers(bytes).map((member) => ({
      key: member.key,
      whole: bytes.subarray(member.start, member.valueEnd).toString(),
      literal: bytes.subarray(member.start, member.keyEnd).toString(),
      value: bytes.subarray(member.valueStart, member.valueEnd).toString(),
    }));
    expect(shown).to.deep.equal([
      { key: 'é', whole: '"é" : "ü"', literal: '"é"', value: '"ü"' },
      { key: 'b', whole: '"b":[1,{"c":"}"}]', literal: '"b"', value: '[1,{"c":"}"}]' },
    ]);
  });

  it('resolves escapes in keys', () => {
    const keys = topLevelMembers(bytesOf('{"event\\u005fid":1,"a\\"b":2,"a\\/b":3}'));
    expect(keys.map(({ key }) => key)).to.deep.equal(['event_id', 'a"b', 'a/b']);
  });

  it('has none in an empty object, and none in what is not an object', () => {
    for (const text of ['{}', ' { } ', '[{"a":1}]', '"a"', '1', '']) {
      expect(topLevelMembers(bytesOf(text)), text).to.deep.equal([]);
    }
  });

  it('counts a key however it is spelled, and only at the top', () => {
    const text = '{"event_id":1,"x":{"event_id":2},"event\\u005fid":3,"y":"\\"event_id\\":4"}';
    expect(countTopLevelKey(bytesOf(text), 'event_id')).to.equal(2);
    expect(countTopLevelKey(bytesOf('{"x":{"event_id":2}}'), 'event_id')).to.equal(0);
    expect(countTopLevelKey(bytesOf('{"a\\/b":1,"a/b":2}'), 'a/b')).to.equal(2);
  });

  it('agrees with JSON.parse on every object', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
        fc.nat(3),
        (object, indent) => {
          const bytes = bytesOf(JSON.stringify(object, null, indent));
          const read = topLevelMembers(bytes).map(({ key, valueStart, valueEnd }) => [
            key,
            JSON.parse(bytes.subarray(valueStart, valueEnd).toString()),
          ]);
          const parsed = JSON.parse(bytes.toString()) as Record<string, unknown>;
          expect(read).to.deep.equal(Object.entries(parsed));
        },
      ),
    );
  });
});

describe('withoutMember', () => {
  it('cuts a member with one comma, wherever it stands', () => {
    expect(without('{"a": 1, "b": 2, "c": 3}', 'a')).to.equal('{"b": 2, "c": 3}');
    expect(without('{"a": 1, "b": 2, "c": 3}', 'b')).to.equal('{"a": 1, "c": 3}');
    expect(without('{"a": 1, "b": 2, "c": 3}', 'c')).to.equal('{"a": 1, "b": 2}');
    expect(without(' {"a": 1 } ', 'a')).to.equal(' { } ');
  });

  it('cuts every occurrence, also a run at the end and all there is', () => {
    expect(without('{"a":1,"b":2,"a":3,"a":4}', 'a')).to.equal('{"b":2}');
    expect(without('{"b":2,"a":3,"a":4}', 'a')).to.equal('{"b":2}');
    expect(without('{"a":1,"a":2}', 'a')).to.equal('{}');
  });

  it('finds escaped spellings and leaves nested ones and strings alone', () => {
    expect(without('{"\\u0061":1,"b":{"a":2}}', 'a')).to.equal('{"b":{"a":2}}');
    const untouched = bytesOf('{"b":{"a":2},"c":"\\"a\\":1"}');
    expect(withoutMember(untouched, 'a')).to.equal(untouched);
  });

  it('leaves exactly the other members, byte for byte', () => {
    const member = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.json());
    const space = fc.constantFrom('', ' ', '\n\t');
    fc.assert(
      fc.property(fc.array(fc.tuple(member, space)), (list) => {
        const texts = list.map(([[key, value], gap]) => `"${key}"${gap}:${gap}${value}`);
        const text = `{${texts.join(' , ')}}`;
        const kept = texts.filter((_, index) => list[index]?.[0][0] !== 'a');
        expect(without(text, 'a')).to.equal(`{${kept.join(' , ')}}`);
      }),
    );
  });
});

describe('withMember', () => {
  it('replaces the value in place', () => {
    expect(withValue('{"a": null , "b":2}', 'a', '"x"')).to.equal('{"a": "x" , "b":2}');
    expect(withValue('{"\\u0061":1}', 'a', '2')).to.equal('{"\\u0061":2}');
  });

  it('replaces the last of several, which is the one that counts', () => {
    expect(withValue('{"a":1,"b":2,"a":3}', 'a', '4')).to.equal('{"a":1,"b":2,"a":4}');
  });

  it('inserts an absent one first, also into an empty object', () => {
    expect(withValue(' {"b":2}', 'a"', '1')).to.equal(' {"a\\"":1,"b":2}');
    expect(withValue('{ }', 'a', '1')).to.equal('{"a":1 }');
  });

  it('refuses what is not an object', () => {
    expect(() => withMember(bytesOf('[1]'), 'a', '1')).to.throw(TypeError, 'JSON object');
  });
});
