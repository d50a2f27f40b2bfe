import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { readEvents } from '../../../src/journal/input/read-events.js';
import { collected } from './collected.js';
import { shown } from './split.js';

const LINES = ['{"a":1}', '{"é😀":"漢"}', '{"c":3}'];
const TEXT = `${LINES.join('\r\n')}\n`;
const FOUND = LINES.map((line, i) => `${i + 1}:${line}`);

async function found(input: Buffer, pieceBytes = 7): Promise<string[]> {
  const batches = await collected(
    readEvents(pieces(input, pieceBytes), 'in', { maxEventBytes: 1000 }),
  );
  return shown(batches.flat());
}

async function* pieces(input: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < input.length; at += size) yield Buffer.from(input.subarray(at, at + size));
}

function utf16(text: string, isBigEndian: boolean, marked = true): Buffer {
  const bytes = Buffer.from(marked ? `\ufeff${text}` : text, 'utf16le');
  return isBigEndian ? bytes.swap16() : bytes;
}

describe('input that is compressed', () => {
  it('is read as what it holds, in any pieces, several members included', async () => {
    const members = Buffer.concat(LINES.map((line) => gzipSync(`${line}\n`)));
    for (const size of [1, 7, 1 << 16]) {
      expect(await found(gzipSync(TEXT), size)).to.deep.equal(FOUND);
      expect(await found(members, size)).to.deep.equal(FOUND);
      expect(await found(gzipSync(gzipSync(TEXT)), size)).to.deep.equal(FOUND);
      expect(await found(gzipSync(utf16(TEXT, false)), size)).to.deep.equal(FOUND);
    }
  });

  it('loses nothing that is whole when it was cut off, and says so', async () => {
    const events = Array.from(
      { length: 2000 },
      (_, n) => `{"n":${n},"x":"${randomBytes(20).toString('hex')}"}`,
    );
    const whole = gzipSync(events.join('\n'));
    const cut = await found(whole.subarray(0, whole.length - 9), 1 << 16);
    expect(cut.at(-1)).to.match(
      /^\d+! cannot read in beyond this line: its gzip data end too early/,
    );
    expect(cut.slice(0, -2)).to.deep.equal(
      events.slice(0, cut.length - 2).map((e, i) => `${i + 1}:${e}`),
    );
    expect(cut.length).to.be.greaterThan(1900);
    const [only] = await found(whole.subarray(0, 5));
    expect(only).to.match(/^1! .*too early/);
  });

  it('is taken in spite of a wrong checksum, which is named', async () => {
    const damaged = gzipSync(TEXT);
    damaged[damaged.length - 6] = (damaged[damaged.length - 6] ?? 0) ^ 1;
    const taken = await found(damaged);
    expect(taken.slice(0, 3)).to.deep.equal(FOUND);
    expect(taken[3]).to.match(/damaged \(incorrect data check\)/);
  });

  it('is unpacked piece by piece, however much comes of it', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x'));
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const batch of readEvents(pieces(bomb, 1 << 16), 'in', { maxEventBytes: 1000 })) {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      expect(shown(batch)).to.deep.equal([
        '1! event of 67108864 bytes is larger than the 1000 allowed (sync.capture.max_event_bytes)',
      ]);
    }
    expect(most).to.be.below(32 * 1024 * 1024);
  });
});

describe('input in UTF-16', () => {
  it('is kept as UTF-8, with a byte order mark or plainly without, in any pieces', async () => {
    for (const isBigEndian of [false, true])
      for (const marked of [true, false])
        for (const size of [1, 3, 1 << 16])
          expect(await found(utf16(TEXT, isBigEndian, marked), size)).to.deep.equal(FOUND);
  });

  it('is refused line by line where half of a pair stands, and named where half a character ends it', async () => {
    const half = await found(utf16('{"a":"\ud800"}\n{"b":1}\n', false));
    expect(half).to.have.length(2);
    expect(half[0]).to.include('\ufffd');
    expect(half[1]).to.equal('2:{"b":1}');
    const odd = await found(Buffer.concat([utf16('{"b":1}\n', true), Buffer.from([0x20])]));
    expect(odd).to.deep.equal([
      '1:{"b":1}',
      '2! cannot read in beyond this line: its UTF-16 ends in half a character',
    ]);
  });
});

describe('input of another kind', () => {
  const kinds: readonly (readonly [what: RegExp, head: Buffer])[] = [
    [/an SQLite database/, Buffer.from('SQLite format 3\0')],
    [/a zip archive/, Buffer.from('PK\u0003\u0004')],
    [/a zstd file/, Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
    [/a bzip2 file/, Buffer.from('BZh9')],
    [/UTF-32/, Buffer.from([0xff, 0xfe, 0, 0])],
    [/a tar archive/, Buffer.concat([Buffer.alloc(257, 'a'), Buffer.from('ustar')])],
    [/binary data/, Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919) % 251))],
    [/gzip within gzip within gzip/, gzipSync(gzipSync(gzipSync(TEXT)))],
    [/a tar archive/, gzipSync(Buffer.concat([Buffer.alloc(257, 'a'), Buffer.from('ustar')]))],
  ];

  it('is one message that says what it is', async () => {
    for (const [what, head] of kinds) {
      const rest = head.includes(0x1f) ? Buffer.alloc(0) : Buffer.from('\n\0x\n'.repeat(500));
      const problems = await found(Buffer.concat([head, rest]), 1 << 16);
      expect(problems, String(what)).to.have.length(1);
      expect(problems[0])
        .to.match(what)
        .and.match(/^1! this is .*nothing of it was read/);
    }
  });

  it('is not what a damaged log is taken for', async () => {
    const event = '{"event_id":"x"}';
    for (const start of [
      randomBytes(600),
      Buffer.alloc(5000),
      deflateSync('x'.repeat(50)),
      Buffer.from('PK\n'),
    ]) {
      const input = Buffer.concat([start, Buffer.from(`\n${event}\n`)]);
      expect((await found(input, 1 << 16)).join(), start.toString('hex', 0, 8)).to.include(event);
    }
  });

  it('never changes what text is, whatever pieces it comes in', async () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('{"a":1}', '\ufeff', 'PK', 'BZ', '{'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        async (parts, size) => {
          const input = Buffer.from(parts.join('\n'));
          expect(await found(input, size)).to.deep.equal(await found(input, 1 << 16));
        },
      ),
      { numRuns: 300 },
    );
  });
});
