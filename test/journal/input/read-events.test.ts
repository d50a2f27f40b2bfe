import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { readEnvelope } from '../../../src/journal/envelope.js';
import type { Candidate } from '../../../src/journal/input/candidate.js';
import { readEvents } from '../../../src/journal/input/read-events.js';
import { collected } from './collected.js';
import { shown } from './split.js';

const options = { maxEventBytes: 1024 * 1024 };

async function batchesOf(source: AsyncIterable<Buffer>): Promise<Candidate[][]> {
  return collected(readEvents(source, 'log.jsonl', options));
}

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

describe('readEvents', () => {
  it('hands on what a live source has written, without waiting for more', async () => {
    const batches = await batchesOf(chunks('{"a":1}\n{"b":', '2}\n', '{"c":3}'));
    expect(batches.map(shown)).to.deep.equal([['1:{"a":1}'], ['2:{"b":2}'], ['3:{"c":3}']]);
  });

  it('keeps batches small, however large the chunks', async () => {
    const small = await batchesOf(chunks('{}\n'.repeat(500_000)));
    expect(small.flat()).to.have.length(500_000);
    expect(Math.max(...small.map((batch) => batch.length))).to.equal(1000);
    const large = await batchesOf(chunks(`{"a":"${'x'.repeat(50_000)}"}\n`.repeat(200)));
    const bytes = large.map((batch) =>
      batch.reduce((sum, one) => sum + (one.kind === 'event' ? one.bytes.length : 0), 0),
    );
    expect(Math.max(...bytes)).to.be.within(1024 * 1024, 1024 * 1024 + 64 * 1024);
  });

  it('makes a failing source one more problem, after all that was read', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('{"a":1}\n{"b":2}');
      throw new Error('EIO: i/o error');
    }
    expect(shown((await batchesOf(failing())).flat())).to.deep.equal([
      '1:{"a":1}',
      '2:{"b":2}',
      '2! cannot read log.jsonl beyond this line: EIO: i/o error',
    ]);
  });

  it('closes the source when its reader stops early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield Buffer.from('{"a":1}\n');
      } finally {
        closed = true;
      }
    }
    for await (const batch of readEvents(source(), 'x', options)) {
      expect(batch).to.have.length(1);
      break;
    }
    expect(closed).to.equal(true);
  });
});

const samples = path.resolve('..', 'shared', 'data', 'real-events');
if (existsSync(samples)) {
  describe('readEvents over real logs', () => {
    const verdicts = async (name: string): Promise<{ good: number; problems: string[] }> => {
      const source = createReadStream(path.join(samples, name)) as AsyncIterable<Buffer>;
      const rules = { ...options, type: 'WPStatusChanged' };
      const problems: string[] = [];
      let good = 0;
      for (const candidate of (await batchesOf(source)).flat()) {
        const envelope =
          candidate.kind === 'event' ? readEnvelope(candidate.bytes, rules) : undefined;
        if (envelope?.ok) good += 1;
        else problems.push(`${candidate.line}: ${envelope?.problem ?? ''}`);
      }
      return { good, problems };
    };

    it('finds three events and three problems in the damaged one', async () => {
      const { good, problems } = await verdicts('damaged.jsonl');
      expect(good).to.equal(3);
      expect(problems.map((problem) => problem.split(':')[0])).to.deep.equal(['3', '5', '6']);
    });

    it('finds nothing but events in another', async () => {
      const { good, problems } = await verdicts('lifecycle-gate-execution-context-01KY72GQ.jsonl');
      expect(good).to.be.greaterThan(100);
      expect(problems).to.deep.equal([]);
    });
  });
}
