import { expect } from 'chai';
import fc from 'fast-check';
import { EventSplitter } from '../../../src/journal/input/event-splitter.js';
import { shown, split } from './split.js';

const found = (input: string | Buffer, max?: number): string[] => shown(split(input, max));

const NO_END = /^\d+! this event has no end/;

describe('JSON Lines', () => {
  it('takes each line without its surrounding whitespace, LF or CRLF', () => {
    expect(found('{"a":1}\r\n\r\n  {"b": 2}\t\n\n \n{"c":3}')).to.deep.equal([
      '1:{"a":1}',
      '3:{"b": 2}',
      '6:{"c":3}',
    ]);
  });

  it('hands damaged lines on and stops at none', () => {
    expect(found('{"a":1}\n{"b"\nnot json\n[1,2]\n{"c":3}\n')).to.deep.equal([
      '1:{"a":1}',
      '2:{"b"',
      '3:not json',
      '4:[1,2]',
      '5:{"c":3}',
    ]);
  });

  it('survives a damaged first line', () => {
    expect(found('{"a":\n{"b":2}\n{"c":3}\n')).to.deep.equal(['1:{"a":', '2:{"b":2}', '3:{"c":3}']);
    expect(found('nope\n{"b":2}')).to.deep.equal(['1:nope', '2:{"b":2}']);
  });

  it('survives a damaged first line in front of more than can be held', () => {
    const lines = Array.from({ length: 200 }, (_, index) => `{"n":${index}}`);
    const expected = lines.map((line, index) => `${index + 2}:${line}`);
    expect(found(`{"a":\n${lines.join('\n')}`, 100)).to.deep.equal(['1:{"a":', ...expected]);
  });

  it('names the size of a line over the limit and goes on', () => {
    const long = `{"a":"${'x'.repeat(5000)}"}`;
    const lines = found(`{"a":1}\n  ${long}  \n{"b":2}\n`, 100);
    expect(lines[1]).to.match(new RegExp(`^2! event of ${long.length} bytes .*100 allowed`));
    expect([lines[0], lines[2]]).to.deep.equal(['1:{"a":1}', '3:{"b":2}']);
  });

  it('does not count surrounding whitespace against the limit', () => {
    const line = `{"a":"${'x'.repeat(92)}"}`;
    const padded = `${' '.repeat(300)}${line}${' '.repeat(300)}\r\n`;
    expect(found(`{}\n${padded}${padded}`, 100)).to.deep.equal(['1:{}', `2:${line}`, `3:${line}`]);
    expect(found(`${padded}${padded}`, 100)).to.deep.equal([`1:${line}`, `2:${line}`]);
  });

  it('skips byte order marks wherever a line begins', () => {
    expect(found('\ufeff{"a":1}\n\ufeff{"b":2}\n')).to.deep.equal(['1:{"a":1}', '2:{"b":2}']);
    expect(split(Buffer.from([0xef, 0xbb])).map(({ line }) => line)).to.deep.equal([1]);
  });

  it('finds nothing in nothing', () => {
    for (const input of ['', '\n\r\n ', '\ufeff', '\ufeff\n'])
      expect(found(input)).to.deep.equal([]);
  });
});

describe('bytes around an event', () => {
  it('do not lose it: NULs, marks, separators, commas, in front and behind', () => {
    for (const noise of [
      '\0',
      '\0'.repeat(5000),
      '\ufeff',
      '\u001e',
      ',',
      '\u001a',
      ' \0,\ufeff\t',
    ]) {
      expect(found(`${noise}{"a":1}${noise}\n${noise}{"b":2}${noise}`), noise).to.deep.equal([
        '1:{"a":1}',
        '2:{"b":2}',
      ]);
      expect(found(`{"z":0}\n[{"a":1}]\n`).length).to.equal(2);
      expect(found(`[${noise}{"a":1}${noise},${noise}{"b":2}${noise}]`), noise).to.deep.equal([
        '1:{"a":1}',
        '1:{"b":2}',
      ]);
    }
  });

  it('may be other events, with or without anything between', () => {
    for (const between of ['', ' ', ',', '\0', '\u001e', ', \ufeff'])
      expect(found(`{"a":1}${between}{"b":{"c":"}{"}}${between}{"d":1}\n{"e":1}`)).to.deep.equal([
        '1:{"a":1}',
        '1:{"b":{"c":"}{"}}',
        '1:{"d":1}',
        '2:{"e":1}',
      ]);
  });

  it('may be other events on one endless line', () => {
    const events = Array.from({ length: 500 }, (_, n) => `{"n":${n},"x":{"y":"}{"}}`);
    const long = `{"long":"${'x'.repeat(300)}"}`;
    for (const sizes of [[1 << 20], [7, 64]]) {
      expect(shown(split(events.join(''), 100, sizes))).to.deep.equal(
        events.map((event) => `1:${event}`),
      );
      const lines = shown(split(`${events[0]}${long}${events[1]}`, 100, sizes));
      expect(lines).to.have.length(3);
      expect(lines[1]).to.match(/^1! event of 311 bytes is larger/);
      expect(lines[2]).to.equal(`1:${events[1]}`);
    }
  });

  it('are no event where the object ended by a stray brace', () => {
    for (const line of ['{"a":1},"b":2}', '{"a":{"b":1}}}', '{"a":"x}{"b":1}'])
      expect(found(`{}\n${line}\n`), line).to.deep.equal(['1:{}', `2:${line}`]);
  });

  it('cost no whole event before a half one, nor behind a damaged one', () => {
    expect(found('{"a":1}{"b":')).to.deep.equal(['1:{"a":1}', '1:{"b":']);
    expect(found('{\'a\':1}{"b":1}\n')).to.deep.equal(["1:{'a':1}", '1:{"b":1}']);
    expect(found('{"a":1},\n{"b":2}]\n')).to.deep.equal(['1:{"a":1}', '2:{"b":2}', '2:]']);
  });

  it('are named where they stand alone', () => {
    const alone = '2! not JSON: nothing stands here but 3 control bytes, \\x00 first';
    expect(found('{"a":1}\n \0\0\u0001 \r\n,\u001e\n\ufeff\n{"b":2}')).to.deep.equal([
      '1:{"a":1}',
      alone,
      '5:{"b":2}',
    ]);
    expect(found('\n\0\0\u0001\n{"b":2}')).to.deep.equal([alone, '3:{"b":2}']);
    expect(found('\0')).to.match(
      /^1! not JSON: nothing stands here but 1 control byte, \\x00 first$/,
    );
  });
});

describe('one object', () => {
  it('is taken whole, with its exact bytes, from one line or many', () => {
    expect(found(' \n{"a" : 1}')).to.deep.equal(['2:{"a" : 1}']);
    const pretty = JSON.stringify({ a: { b: [1, { c: '}\n' }] }, d: 'é' }, null, 2);
    expect(found(`\ufeff\n${pretty}\n\n`)).to.deep.equal([`2:${pretty}`]);
    expect(found('{"a": 1,\r\n "b": [\r\n]}\r\n')).to.deep.equal(['1:{"a": 1,\r\n "b": [\r\n]}']);
  });

  it('may be as large as an event may be, and no larger', () => {
    const pretty = JSON.stringify({ a: 'x'.repeat(50), b: 'y'.repeat(50) }, null, 1);
    expect(found(`${pretty}\n`, pretty.length)).to.deep.equal([`1:${pretty}`]);
    expect(found(`${pretty}\n`, pretty.length - 1)).to.match(/^1! event of \d+ bytes is larger/);
    const wide = `{"a":1,\n"b":"${'x'.repeat(200)}"}`;
    expect(found(wide, wide.length)).to.deep.equal([`1:${wide}`]);
    expect(found(`${wide}\n{"c":1}`, 100)).to.match(
      /^1! event of 215 bytes is larger.*,3:\{"c":1\}$/,
    );
  });

  it('is one candidate, not one for each line, when it is damaged', () => {
    expect(found('{\n  "a": 1,\n  "b": NaN,\n}\n')).to.have.length(1);
    expect(found('{\n  "a": 1,\n  "b": {\n')).to.match(NO_END).and.to.have.length(1);
  });

  it('may be followed by others, pretty-printed as well', () => {
    const pretty = (n: number): string => JSON.stringify({ n, o: { p: 1 } }, null, 2);
    expect(found(`${pretty(1)}\n${pretty(2)}\n${pretty(3)}`)).to.deep.equal([
      `1:${pretty(1)}`,
      `7:${pretty(2)}`,
      `13:${pretty(3)}`,
    ]);
  });
});

describe('a JSON array', () => {
  it('gives each element as its exact bytes and the line it starts on', () => {
    expect(found('[{"a":1},\n {"b":[2, 3]} ,{"c":{"d":"]}"}}\n]')).to.deep.equal([
      '1:{"a":1}',
      '2:{"b":[2, 3]}',
      '2:{"c":{"d":"]}"}}',
    ]);
    const pretty = JSON.stringify([{ a: 1 }, { b: { c: [] } }], null, 2);
    expect(found(pretty)).to.deep.equal([
      '2:{\n    "a": 1\n  }',
      '5:{\n    "b": {\n      "c": []\n    }\n  }',
    ]);
    expect(found('[]')).to.deep.equal([]);
  });

  it('hands on elements that are not objects, or no JSON, and goes on', () => {
    const input = '[1, nope, "a,]", [2, 3], {"a":1,}, {"b": ]}, {"c":[1}, {\'d\':1}, {"e":1}]';
    expect(found(input)).to.deep.equal([
      '1:1',
      '1:nope',
      '1:"a,]"',
      '1:[2, 3]',
      '1:{"a":1,}',
      '1:{"b": ]}',
      '1:{"c":[1}',
      "1:{'d':1}",
      '1:{"e":1}',
    ]);
  });

  it('takes no part of a rubbish line for an event', () => {
    expect(found('[\nfoo {"a":1}, {"b":2}\n,{"c":3}\n]')).to.deep.equal([
      '2:foo {"a":1}, {"b":2}',
      '3:{"c":3}',
    ]);
    expect(found('["k":{"a":1}, {"b":2}\n,{"c":3}]').slice(-1)).to.deep.equal(['2:{"c":3}']);
  });

  it('does not mind a missing or doubled comma', () => {
    expect(found('[,{"a":1}{"b":2}\n{"c":3},,]')).to.deep.equal([
      '1:{"a":1}',
      '1:{"b":2}',
      '2:{"c":3}',
    ]);
  });

  it('reads what follows it as lines', () => {
    expect(found('[{"a":1}]\n{"b":2}\n\nrest]')).to.deep.equal([
      '1:{"a":1}',
      '2:{"b":2}',
      '4:rest]',
    ]);
    expect(found('[1,2,3]\n{"b":2}').slice(-1)).to.deep.equal(['2:{"b":2}']);
  });

  it('says so when it is never closed', () => {
    expect(found('[{"a":1},\n{"b":2}')).to.deep.equal([
      '1:{"a":1}',
      '2:{"b":2}',
      '2! the JSON array is never closed: the input may have been cut off',
    ]);
  });

  it('names the size of an element over the limit and goes on', () => {
    const large = JSON.stringify({ a: { b: ['x'.repeat(300), { c: 1 }] } }, null, 1);
    const lines = found(`[{"a":1},\n${large},\n{"b":2}]`, 100);
    expect(lines[1]).to.match(new RegExp(`^2! event of ${large.length} bytes`));
    expect([lines[0], lines[2]]).to.deep.equal(['1:{"a":1}', '12:{"b":2}']);
    for (let cut = 90; cut < 110; cut += 1) {
      const number = `{"a":"${'x'.repeat(cut - 20)}","b":[-1.5e+10,null,-0.25,true,1]}`;
      expect(found(`[${number},{"c":1}]`, 100).length, String(cut)).to.equal(2);
    }
    expect(found(`[{"a":"${'x'.repeat(500)}`, 100)).to.match(/^1! event of 506 bytes/);
  });
});

describe('a broken array', () => {
  it('swallows none of the lines behind a truncated first line', () => {
    const [problem, ...rest] = found('[{"a":\n{"b":2}\n{"c":3}\n');
    expect(problem).to.match(NO_END);
    expect(rest).to.deep.equal(['2:{"b":2}', '3:{"c":3}']);
  });

  it('swallows none of more lines than can be held', () => {
    for (const start of ['[{"a":', '[{"a": "tru', '[{"a": [', '[{']) {
      const lines = Array.from({ length: 300 }, (_, index) => `{"n":${index}}`);
      const [problem, ...rest] = found(`${start}\n${lines.join('\n')}\n`, 100);
      expect(problem).to.match(NO_END);
      expect(rest, start).to.deep.equal(lines.map((line, index) => `${index + 2}:${line}`));
    }
  });

  it('resumes with the next element of a pretty-printed array', () => {
    const pretty = JSON.stringify([{ a: { n: [{ x: 1 }] } }, { b: 2 }, { c: 3 }], null, 2);
    const broken = pretty.replace('      ]\n    }\n  },\n', '      ]\n  ,\n');
    const [problem, ...rest] = found(broken);
    expect(problem).to.match(NO_END);
    expect(rest.map((line) => line.replace(/\s/g, ''))).to.deep.equal(['10:{"b":2}', '13:{"c":3}']);
  });

  it('resumes in the style that opens an object behind the one before', () => {
    const [problem, ...rest] = found(
      '[{\n  "a": {"x": {\n}, {\n  "b": 2\n}, {\n  "c": 3\n}]\n{"d":4}',
    );
    expect(problem).to.match(NO_END);
    expect(rest).to.deep.equal(['3:{\n  "b": 2\n}', '5:{\n  "c": 3\n}', '8:{"d":4}']);
  });

  it('takes a missing quote for the end of its string at the end of the line', () => {
    expect(found('[\n{"a":"x\n},\n{"b":2}\n]')).to.deep.equal(['2:{"a":"x\n}', '4:{"b":2}']);
  });

  it('reads on as lines after too many breaks', () => {
    const broken = Array.from({ length: 150 }, () => '{"a":{');
    const lines = found(`[\n${broken.join('\n')}\n{"b":2}\n`, 50);
    expect(lines.slice(-2)).to.deep.equal(['151:{"a":{', '152:{"b":2}']);
  });
});

describe('chunks', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\n',
    '\r\n',
    ' ',
    '  ',
    '{"a":1}',
    '{"é":"😀"}',
    '[{',
    '},\n',
    '\n{',
    '{"a":',
    '"x\n',
    'nope',
    '1.5',
    '\ufeff',
    '\n  {\n',
    '[{"a":1},\n',
    '{"long":"xxxxxxxxxxxxxxxx"}',
    '\n]\n',
    '[1,2]',
    '\\"',
    'x'.repeat(40),
    '\n\t',
    '\0',
    '\u001e',
    ',\0\ufeff,',
    '{"a":1}{"b":2}',
    '{"a":1}}',
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

  it('do not change what is found', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), sizes, fc.nat(60), (parts, chunks, max) => {
        const input = parts.join('');
        const whole = shown(split(input, max + 3));
        expect(shown(split(input, max + 3, [1]))).to.deep.equal(whole);
        expect(shown(split(input, max + 3, chunks))).to.deep.equal(whole);
      }),
      { numRuns: 5000 },
    );
  });

  it('may cut through characters of several bytes', () => {
    const event = { text: 'é漢😀'.repeat(20) };
    for (const input of [
      `${JSON.stringify(event)}\n`.repeat(3),
      JSON.stringify([event, event, event], null, 1),
      JSON.stringify(event, null, 1),
    ]) {
      for (const { line, ...candidate } of split(input, 1000, [1, 2, 3])) {
        expect(line).to.be.greaterThan(0);
        expect(candidate.kind).to.equal('event');
        if (candidate.kind !== 'event') continue;
        expect(JSON.parse(candidate.bytes.toString())).to.deep.equal(event);
      }
    }
  });

  it('lose no valid line, whatever garbage stands between', () => {
    const rubbish = fc
      .array(pieces, { maxLength: 6 })
      .map((parts) => parts.join('').replace(/[{[\n]/g, ''));
    fc.assert(
      fc.property(fc.array(rubbish, { minLength: 1, maxLength: 10 }), sizes, (lines, chunks) => {
        const input = ['{"first":1}', ...lines.map((line, n) => `${line}\n{"n":${n}}`)].join('\n');
        const events = shown(split(input, 1000, chunks)).map((line) => line.replace(/^\d+:/, ''));
        expect(events).to.include.members(lines.map((_, n) => `{"n":${n}}`));
      }),
    );
  });
});

describe('any layout', () => {
  const events = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 });
  const parsed = (input: string): unknown[] =>
    split(input, 100_000, [7, 64]).map((candidate) =>
      candidate.kind === 'event' ? JSON.parse(candidate.bytes.toString()) : candidate.problem,
    );
  const copyOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  it('of an array gives its elements', () => {
    fc.assert(
      fc.property(events, fc.nat(3), (list, indent) => {
        expect(parsed(JSON.stringify(list, null, indent))).to.deep.equal(copyOf(list));
      }),
    );
  });

  it('of lines gives each line', () => {
    fc.assert(
      fc.property(events, fc.constantFrom('\n', '\r\n', '\n\n'), (list, end) => {
        const input = list.map((event) => JSON.stringify(event)).join(end);
        expect(parsed(input)).to.deep.equal(copyOf(list));
      }),
    );
  });

  it('of one object, or several in a row, gives each', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(1, 2, '\t'), (list, indent) => {
        // An empty object is `{}` in every layout: as the first line it announces JSON Lines.
        const full = list.filter((event) => Object.keys(event).length > 0);
        const input = full.map((event) => JSON.stringify(event, null, indent)).join('\n');
        expect(parsed(input)).to.deep.equal(copyOf(full));
      }),
    );
  });
});

describe('memory', () => {
  const max = 64 * 1024;
  const chunkBytes = 64 * 1024;
  const total = 50 * 1024 * 1024;

  /** The most that was ever held while an endless input of this text was read. */
  function mostHeld(head: string, body: string): { held: number; candidates: number } {
    const splitter = new EventSplitter(max);
    const chunk = Buffer.from(body.repeat(Math.ceil(chunkBytes / body.length)));
    splitter.push(Buffer.from(head));
    let held = 0;
    let candidates = 0;
    for (let sent = 0; sent < total; sent += chunk.length) {
      splitter.push(chunk);
      held = Math.max(held, splitter.buffered);
      candidates += splitter.take().length;
    }
    splitter.end();
    return { held, candidates: candidates + splitter.take().length };
  }

  const inputs: [name: string, head: string, body: string][] = [
    ['lines', '', `{"a":"${'x'.repeat(600)}"}\n`],
    ['one endless line', '{"a":1}\n', 'x'.repeat(1000)],
    ['an array', '[', `{"a":"${'x'.repeat(600)}"},`],
    ['one endless element', '[{"a":"', 'x'.repeat(1000)],
    ['endless nesting', '[', '['.repeat(1000)],
    ['an object without end', '{\n"a":[', '1,\n'.repeat(300)],
    ['blanks', '', ' '.repeat(1000)],
    ['a damaged line before good ones', '{"a":\n', `{"a":"${'x'.repeat(600)}"}\n`],
  ];
  for (const [name, head, body] of inputs) {
    it(`stays flat for ${name}`, () => {
      const { held, candidates } = mostHeld(head, body);
      expect(held).to.be.at.most(max + 1);
      expect(candidates).to.be.at.least(name === 'blanks' ? 0 : 1);
    });
  }
});
