import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { InvalidEventError, openRedrain } from '../../src/index.js';
import type { CaptureReport } from '../../src/journal/capture-summary.js';
import { givenRedrain } from '../library/given-redrain.js';
import { payloadsOf } from '../library/journal-rows.js';
import { rounds } from '../support/rounds.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const MIB = 1024 * 1024;
const DEPTH = 100_000;
const nested = (open: string, close: string): string =>
  `${open.repeat(DEPTH)}1${close.repeat(DEPTH)}`;
const event = (id: string, rest = ''): string => `{"event_id":"${id}","event_type":"T"${rest}}`;
const sized = (id: string, bytes: number): string => {
  const frame = event(id, ',"x":""');
  return event(id, `,"x":"${'x'.repeat(bytes - frame.length)}"`);
};

interface Hostile {
  readonly input: string | Buffer;
  /** The events that must be in the journal, byte for byte. */
  readonly kept: readonly string[];
  /** `line: reason` of each that must be named. */
  readonly named: readonly (readonly [line: number, says: RegExp])[];
}

const HOSTILE: Readonly<Record<string, Hostile>> = {
  'arrays nested 100,000 deep': {
    input: event('deep-a', `,"x":${nested('[', ']')}`),
    kept: [event('deep-a', `,"x":${nested('[', ']')}`)],
    named: [],
  },
  'objects nested 100,000 deep': {
    input: event('deep-o', `,"x":${nested('{"a":', '}')}`),
    kept: [event('deep-o', `,"x":${nested('{"a":', '}')}`)],
    named: [],
  },
  'an array of 100,000 opening brackets that never close': {
    input: '['.repeat(DEPTH),
    kept: [],
    named: [[1, /no end|never closed|not JSON/]],
  },
  'an event of exactly 1 MiB, and one of a byte more': {
    input: `${sized('fits', MIB)}\n${sized('too-big', MIB + 1)}\n${event('after')}`,
    kept: [sized('fits', MIB), event('after')],
    named: [[2, /event of 1048577 bytes is larger/]],
  },
  'a line of 3 MiB without an end': {
    input: `${event('before')}\n{"event_id":"${'x'.repeat(3 * MIB)}`,
    kept: [event('before')],
    named: [[2, /event of \d+ bytes is larger|no end|not JSON/]],
  },
  'gzip in place of text': {
    input: gzipSync(event('zipped')),
    kept: [event('zipped')],
    named: [],
  },
  'half of a gzip file': {
    input: gzipSync(event('half-zipped')).subarray(0, 20),
    kept: [],
    named: [
      [1, /not JSON/],
      [1, /its gzip data end too early/],
    ],
  },
  'a gzip bomb': {
    input: gzipSync(Buffer.alloc(20 * MIB)),
    kept: [],
    named: [[1, /not JSON: nothing stands here but 20971520 control bytes, \\x00 first/]],
  },
  'a database in place of text': {
    input: Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000, '\n')]),
    kept: [],
    named: [[1, /this is an SQLite database/]],
  },
  'UTF-16': {
    input: Buffer.from(`\ufeff${event('wide')}`, 'utf16le'),
    kept: [event('wide')],
    named: [],
  },
  'a byte order mark, CRLF, and a NUL between the lines': {
    input: `\ufeff${event('bom')}\r\n\0\r\n${event('crlf')}\r\n`,
    kept: [event('bom'), event('crlf')],
    named: [[2, /not JSON/]],
  },
  'numbers no double can hold': {
    input: event('huge', `,"n":${'9'.repeat(5000)},"e":1e99999,"m":-0.${'0'.repeat(5000)}1`),
    kept: [event('huge', `,"n":${'9'.repeat(5000)},"e":1e99999,"m":-0.${'0'.repeat(5000)}1`)],
    named: [],
  },
  'keys twice, ids twice, halves of characters': {
    input: `${event('twice', ',"k":1,"k":2')}\n${event('one', ',"event_id":"two"')}\n${event('\\ud83d')}`,
    kept: [event('twice', ',"k":1,"k":2')],
    named: [
      [2, /two top-level event_id/],
      [3, /half of a surrogate pair/],
    ],
  },
  'names that JavaScript knows': {
    input: event('proto', ',"__proto__":{"event_id":"x"},"constructor":{"prototype":1}'),
    kept: [event('proto', ',"__proto__":{"event_id":"x"},"constructor":{"prototype":1}')],
    named: [],
  },
  'a hundred thousand blank lines': {
    input: `${'\n'.repeat(DEPTH)}${event('late')}`,
    kept: [event('late')],
    named: [],
  },
};

describe('hostile input', () => {
  it('in files: each is kept byte for byte or named by file and line, in one run', async () => {
    const cli = new WarmCli();
    const files = Object.values(HOSTILE).map(({ input }, i) => {
      writeFileSync(join(cli.cwd, `${i}.jsonl`), input);
      return `${i}.jsonl`;
    });

    const run = await cli.run(['capture', '--json', ...files]);

    expect(run.code, run.stderr).to.equal(3);
    const { captured, errors } = run.json<CaptureReport>();
    const kept = Object.values(HOSTILE).flatMap((one) => one.kept);
    expect(payloadsOf(cli.home)).to.deep.equal(kept);
    expect(captured).to.equal(kept.length);
    for (const [i, [name, { named }]] of Object.entries(HOSTILE).entries()) {
      const found = errors.filter(({ file }) => file === `${i}.jsonl`);
      expect(
        found.map((one) => one.line),
        name,
      ).to.deep.equal(named.map(([line]) => line));
      for (const [n, [, says]] of named.entries())
        expect(found[n]?.problem, name).to.match(says).and.have.length.below(300);
    }
  });

  it('through the library: kept or refused, one by one, and never anything else', async () => {
    const { home, redrain } = await givenRedrain();
    const expected: string[] = [];
    for (const [name, { input, kept, named }] of Object.entries(HOSTILE)) {
      const verdict = await redrain.capture(input).catch((error: unknown) => error);
      const isOne = kept.length === 1 && named.length === 0 && kept[0] === input.toString().trim();
      if (isOne) expected.push(input.toString());
      if (isOne) expect(verdict, name).to.include({ kind: 'captured' });
      else if (name !== 'a hundred thousand blank lines')
        expect(verdict, name).to.be.instanceOf(InvalidEventError);
    }
    const blank = HOSTILE['a hundred thousand blank lines']?.input.toString() ?? '';
    const own = { toJSON: () => undefined } as object;
    const cyclic: Record<string, unknown> = { event_type: 'T' };
    cyclic.self = cyclic;
    const report = await redrain.captureMany([
      own,
      cyclic,
      7n,
      { event_type: 'T', n: 1n },
    ] as never[]);
    expect(report).to.include({ captured: 0 });
    expect(report.errors.map(({ index }) => index)).to.deep.equal([0, 1, 2, 3]);
    expect(payloadsOf(home).filter((one) => one !== blank)).to.deep.equal(
      expected.filter((one) => one !== blank),
    );
  });

  it('on standard input: one stream, and what was kept can be looked at, exported and drained', async () => {
    const cli = new WarmCli();
    cli.configure('[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "stub:"\n');
    const kept = Object.values(HOSTILE).flatMap((one) => one.kept);
    const streamed = Object.values(HOSTILE).map((one) =>
      one.named.length === 0 && typeof one.input === 'string' ? one.input : one.kept.join('\n'),
    );
    const run = await cli.run(['capture'], { stdin: streamed.join('\n') });
    expect(run.code, run.stderr).to.equal(0);
    expect(payloadsOf(cli.home)).to.deep.equal(kept);
    for (const id of rounds(['deep-a'], ['deep-a', 'deep-o', 'huge', 'fits'])) {
      const shown = await cli.run(['inspect', id]);
      expect(shown.code, shown.stderr).to.equal(0);
      expect(shown.stdout).to.include(`event ${id}`);
    }
    const redrain = await openRedrain({ home: cli.home, env: {} });
    closeAfterTest(() => redrain.close());
    const { delivered, terminal_failed, blocked_reason } = await redrain.drain();
    expect(blocked_reason).to.equal(null);
    expect(delivered + terminal_failed).to.equal(kept.length);
    const exported = await cli.run(['events', '--export']);
    expect(exported.stdout.trimEnd().split('\n').sort()).to.deep.equal([...kept].sort());
    expect((await redrain.verify()).ok).to.equal(true);
  });
});
