import { expect } from 'chai';
import type { Queues, ReadPosition, StoredText } from '../../../src/queue/ports.js';
import { type GivenQueues, HOUR, type QueueTestClock } from './given-queues.js';

const WORKER = {
  id: 'w1',
  kind: 'capture',
  host: 'here',
  pid: 7,
  startedAt: 1_000,
  queues: ['work'],
  targets: [2],
};

const POSITION: ReadPosition = {
  path: '/logs/a.jsonl',
  beganAt: 1_000,
  offset: 120,
  line: 3,
  digest: 'd',
  journalSeq: 9,
};

/** What the store of all queues promises beside its queues. */
export function describeStore(given: GivenQueues): void {
  let clock: QueueTestClock;
  let queues: Queues;
  /** The same store as another process has it. */
  let others: Queues;

  beforeEach(() => {
    ({ clock, queues, others } = given);
  });

  describe('a store', () => {
    it('names the queues that hold anything', async () => {
      expect(await others.names()).to.deep.equal([]);
      await queues.queue('b').add('x', null);
      await queues.queue('a').upsertJobScheduler('s', { every: HOUR }, { name: 'tick' });
      expect(await others.names()).to.deep.equal(['a', 'b']);
    });

    it('shows the workers that announced themselves, until another one does a day later', async () => {
      await queues.announce(WORKER);
      clock.at += HOUR;
      await queues.announce({ ...WORKER, id: 'w2' });
      expect((await others.workers()).map(({ id, seenAt }) => [id, seenAt])).to.have.deep.members([
        ['w1', clock.at - HOUR],
        ['w2', clock.at],
      ]);
      await queues.announce({ ...WORKER, queues: ['work', 'more'] });
      await others.forget('w2');
      expect(await others.workers()).to.deep.equal([
        { ...WORKER, queues: ['work', 'more'], seenAt: clock.at },
      ]);
      clock.at += 25 * HOUR;
      await queues.announce({ ...WORKER, id: 'w3' });
      expect((await others.workers()).map(({ id }) => id)).to.deep.equal(['w3']);
    });

    it('remembers for each schedule and file where reading ended', async () => {
      const file = { dev: '1', ino: '2' };
      expect(await queues.positions.find('s', file)).to.equal(undefined);
      await queues.positions.put('s', file, POSITION);
      await others.positions.put('s', file, { ...POSITION, offset: 240, line: 6 });
      const found = await queues.positions.find('s', file);
      expect(found).to.deep.equal({ ...POSITION, offset: 240, line: 6 });
      expect(await queues.positions.find('t', file)).to.equal(undefined);
      expect(await queues.positions.find('s', { ...file, ino: '3' })).to.equal(undefined);
    });

    it('edits every text, and leaves alone what is returned as it was', async () => {
      const queue = queues.queue('work');
      const { id } = await queue.add('x', { secret: 1, kept: 2 });
      await queue.upsertJobScheduler('s', { every: HOUR }, { name: 'tick', data: { secret: 3 } });
      const seen: StoredText[] = [];
      const changed = await others.editTexts((text) => {
        seen.push(text);
        return text.kind === 'data' && text.id === id ? { kept: 2 } : text.value;
      });
      expect(changed).to.equal(1);
      expect(seen.map(({ kind }) => kind)).to.include.members(['data', 'template']);
      expect(seen.find((text) => text.id === id && text.kind === 'data')).to.deep.equal({
        queue: 'work',
        id,
        kind: 'data',
        state: 'waiting',
        started: false,
        value: { secret: 1, kept: 2 },
      });
      expect((await queue.getJob(id))?.data).to.deep.equal({ kept: 2 });
      expect((await queue.getJobSchedulers())[0]?.template.data).to.deep.equal({ secret: 3 });
    });

    it('knows that it is the one at its place', async () => {
      await queues.assertCurrent();
      expect(queues.isReplaced()).to.equal(false);
    });
  });
}
