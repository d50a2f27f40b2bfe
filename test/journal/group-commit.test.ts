import { expect } from 'chai';
import { GroupCommit } from '../../src/journal/group-commit.js';
import { describeOnEachEngine, type EngineCore } from '../support/each-engine.js';
import { newEvent } from '../support/events.js';
import { recordSteps } from '../support/faults.js';

describe('a group commit', () => {
  it('joins the calls of one turn, and answers each with its own result', async () => {
    const { group, groups } = givenGroup((items) => items.map((item) => item * 10));
    const results = await Promise.all([1, 2, 3].map((item) => group.add(item)));
    expect(results).to.deep.equal([10, 20, 30]);
    expect(groups).to.deep.equal([[1, 2, 3]]);
  });

  it('gathers what arrives while a group is being written into the next one', async () => {
    const gate = givenGate();
    const { group, groups } = givenGroup(async (items) => {
      await gate.opened;
      return items;
    });
    const first = group.add(1);
    await gate.reached(() => groups.length === 1);
    const later = [2, 3, 4].map((item) => group.add(item));
    gate.open();
    expect(await Promise.all([first, ...later])).to.deep.equal([1, 2, 3, 4]);
    expect(groups).to.deep.equal([[1], [2, 3, 4]]);
  });

  it('makes no group larger than it may be', async () => {
    const { group, groups } = givenGroup((items) => items, 4);
    await Promise.all(Array.from({ length: 10 }, (_, i) => group.add(i)));
    expect(groups.map((items) => items.length)).to.deep.equal([4, 4, 2]);
  });

  it('makes no group larger than its bytes allow, but always one', async () => {
    const groups: number[][] = [];
    const group = new GroupCommit<number, number>(
      async (items) => {
        groups.push(items);
        return items;
      },
      upTo(1_000, 10),
    );
    await Promise.all([4, 6, 1, 30, 9, 1, 1].map((item) => group.add(item)));
    expect(groups).to.deep.equal([[4, 6], [1], [30], [9, 1], [1]]);
  });

  it('rejects everybody of a group that fails, and nobody else', async () => {
    const { group } = givenGroup((items) => {
      if (items.includes(3)) throw new Error('the disk is full');
      return items;
    }, 2);
    const outcomes = await Promise.allSettled([0, 1, 2, 3, 4, 5].map((item) => group.add(item)));
    expect(outcomes.map((one) => one.status)).to.deep.equal([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await group.add(6)).to.equal(6);
  });

  it('is settled when everything added so far has its answer', async () => {
    const { group, groups } = givenGroup(async (items) => items, 1);
    await group.settled();
    const added = [1, 2, 3].map((item) => group.add(item));
    await group.settled();
    expect(groups).to.have.length(3);
    await Promise.all(added);
  });

  it('is settled also when a group failed', async () => {
    const { group } = givenGroup(() => {
      throw new Error('no');
    });
    const failure = group.add(1).catch((error: Error) => error.message);
    await group.settled();
    expect(await failure).to.equal('no');
  });
});

describeOnEachEngine('single captures that arrive together', (open) => {
  let core: EngineCore;
  beforeEach(async () => {
    core = await open();
  });

  it('share one transaction', async () => {
    const steps = recordSteps();
    const group = givenJournalGroup(core);
    const verdicts = await Promise.all(ids(100).map((id) => group.add(id)));
    expect(new Set(verdicts)).to.deep.equal(new Set(['captured']));
    expect(steps).to.deep.equal(['storage.commit', 'journal.appended']);
    expect(await core.row('SELECT count(*) AS n FROM payload')).to.deep.equal({ n: 100 });
  });

  it('fail together, and then nothing of them is stored', async () => {
    const group = givenJournalGroup(core, 10);
    const outcomes = await Promise.allSettled(
      [...ids(10), 'impossible', ...ids(5, 'lost')].map((id) => group.add(id)),
    );
    expect(outcomes.filter((one) => one.status === 'fulfilled')).to.have.length(10);
    const stored = await core.rows<{ event_id: string }>('SELECT event_id FROM event ORDER BY seq');
    expect(stored.map((event) => event.event_id)).to.deep.equal(ids(10));
  });
});

const upTo = (maxItems: number, maxBytes = Number.POSITIVE_INFINITY) => ({
  maxItems,
  maxBytes,
  sizeOf: (item: unknown) => Number(item) || 1,
});

function givenGroup(
  commit: (items: number[]) => number[] | Promise<number[]>,
  maxGroup = 1_000,
): { group: GroupCommit<number, number>; groups: number[][] } {
  const groups: number[][] = [];
  const group = new GroupCommit<number, number>(async (items) => {
    groups.push(items);
    return commit(items);
  }, upTo(maxGroup));
  return { group, groups };
}

/** Groups on a real journal; no table takes the event called impossible. */
function givenJournalGroup(core: EngineCore, maxGroup = 1_000): GroupCommit<string, string> {
  return new GroupCommit<string, string>(
    (group) =>
      core.journal.append(
        group.map((id) => newEvent(id, id === 'impossible' ? { capturedAt: null as never } : {})),
        'capture',
      ),
    upTo(maxGroup),
  );
}

function givenGate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  };
  return { opened, open, reached };
}

function ids(count: number, prefix = 'e'): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}
