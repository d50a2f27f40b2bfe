import { expect } from 'chai';
import fc from 'fast-check';
import type { RequeueCounts, RequeueRequest } from '../../src/ledger/requeue.js';
import { countEach } from '../../src/sqlite/ledger/requeue.js';
import { countsOfCause } from '../../src/sqlite/ledger/requeue-cause.js';
import { countsOfTimes } from '../../src/sqlite/ledger/requeue-times.js';
import { type Core, givenTarget, openCore } from '../support/core.js';
import { drainWith, TestClock } from '../support/drains.js';
import { newEvent } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { rounds } from '../support/rounds.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { cleanUpAfterTest } from '../support/temporary-home.js';
import {
  anyCause,
  anyFilter,
  anyJournal,
  archived,
  happened,
  type Past,
  requestOf,
} from './any-requeue.js';

async function givenPast(past: readonly Past[]): Promise<Core> {
  const core = await openCore();
  await givenTarget(core);
  await happened(core, past);
  return core;
}

/** Two times are searched in a dozen steps each; a stretch of 50,000 events is one statement. */
const MOST_RUNS = 45;
const MOST_ROWS = 60;
/** A page of all deliveries of a target, whatever became of them. */
const WALK = /d\.seq > @after/;

describe('the counts of a retry and a replay', () => {
  it(`are those of a look at each delivery, whatever was captured when and became what (cases: ${rounds(60, 10_000)})`, async function () {
    this.timeout(rounds(240_000, 7_200_000));
    const asked = fc.record({ filter: anyFilter, cause: anyCause });
    const requests = fc.array(asked, { minLength: 6, maxLength: 8 });
    await fc.assert(
      fc
        .asyncProperty(anyJournal, requests, fc.boolean(), async (past, all, isWithArchive) => {
          const core = await givenPast(past);
          // Some are marked, whose counts have to be told apart.
          await core.requeue.requeue(requestOf('replay', { since: 10, until: 20 }));
          if (isWithArchive) await archived(core, past);
          for (const { filter, cause } of all)
            for (const kind of ['retry', 'replay'] as const) {
              const request = {
                ...requestOf(kind, filter),
                cause: kind === 'retry' ? cause : undefined,
              };
              await assertCounted(core, request);
            }
          assertLedgerInvariant(core);
        })
        // Thousands of journals are not kept open until the test ends.
        .afterEach(cleanUpAfterTest),
      { numRuns: rounds(60, 10_000) },
    );
  });

  it('leave alone what is on the wire, by cause and by time', async () => {
    const core = await openCore();
    await givenTarget(core);
    const at = (n: number) => newEvent(`e-${n}`, { capturedAt: n });
    await core.journal.append([1, 2, 3, 4].map(at), 'capture');
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'no' }));
    await drainWith(core, receiver);
    const requests: RequeueRequest[] = [
      requestOf('retry', { since: 3 }),
      { ...requestOf('retry', {}), cause: 'no' },
      { ...requestOf('retry', { until: 2 }), cause: 'no' },
    ];
    const seen: number[] = [];
    await core.requeue.requeue(requestOf('retry', {}));
    receiver.answer = async (batch) => {
      for (const request of requests) {
        const counts = await assertCounted(core, request);
        seen.push(counts.in_flight);
      }
      return results(batch, () => ({ kind: 'success' }));
    };
    await drainWith(core, receiver, { clock: Object.assign(new TestClock(), { now: 30_000 }) });
    expect(seen).to.deep.equal([2, 4, 1]);
  });

  for (const [name, kind, filter, cause] of [
    ['time', 'replay', { since: 1_500 }],
    ['the first half of the time', 'replay', { until: 2_000 }],
    ['time and type', 'replay', { since: 1_500, type: 'Order' }],
    ['type', 'replay', { type: 'Order' }],
    ['project', 'replay', { originIds: [1] }],
    ['cause', 'retry', {}, 'no'],
    ['cause, type and time', 'retry', { since: 10, type: 'Rare' }, 'no'],
    ['time, of what failed', 'retry', { since: 10 }],
  ] as const)
    it(`by ${name} take few statements, and few rows out of them, however many deliveries there are`, async () => {
      const core = await openCore();
      await givenTarget(core);
      const types = (i: number) => (i % 500 === 7 ? 'Rare' : ['Order', 'Payment'][i % 2]);
      const events = Array.from({ length: 4_000 }, (_, i) =>
        newEvent(`e-${i}`, { capturedAt: i + 1, eventType: types(i) as string }),
      );
      await core.journal.append(events, 'capture');
      const receiver = new ScriptedReceiver();
      receiver.answer = (batch) =>
        results(batch, ({ eventType }) =>
          eventType === 'Rare' ? { kind: 'rejected', reason: 'no' } : { kind: 'success' },
        );
      await drainWith(core, receiver);
      const looked = lookedAt(core);
      const request = { ...requestOf(kind, filter), cause };
      const counts = await core.requeue.count(request);
      const { runs, rows, walks } = looked;
      expect(walks).to.equal(0);
      expect({ runs, rows }).to.satisfy(() => runs <= MOST_RUNS && rows <= MOST_ROWS, name);
      expect(counts.selected).to.be.greaterThan(0);
      expect(counts).to.deep.equal(await each(core, request));
    });
});

interface Looked {
  /** Statements that were run. */
  runs: number;
  /** Rows that came out of them. */
  rows: number;
  /** Those that go through all deliveries of a target. */
  walks: number;
}

/** Counts what is read over the connection of these stores from now on. */
function lookedAt({ db }: Core): Looked {
  const looked: Looked = { runs: 0, rows: 0, walks: 0 };
  const real = db.statement.bind(db);
  const counting = (statement: object, isWalk: boolean): object =>
    new Proxy(statement, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const result = value.apply(target, args) as unknown;
          // `raw` and `pluck` give the statement itself.
          if (result === target) return counting(target, isWalk);
          looked.runs += 1;
          looked.walks += isWalk ? 1 : 0;
          looked.rows += Array.isArray(result) && name === 'all' ? result.length : 1;
          return result;
        };
      },
    });
  Object.assign(db, { statement: (sql: string) => counting(real(sql), WALK.test(sql)) });
  return looked;
}

/** Each way to count that can tell counts the same as a look at each delivery. */
async function assertCounted(core: Core, request: RequeueRequest): Promise<RequeueCounts> {
  const counts = await each(core, request);
  expect(await core.requeue.count(request)).to.deep.equal(counts);
  for (const countsBy of [countsOfCause, countsOfTimes])
    expect((await countsBy(core.db, request)) ?? counts).to.deep.equal(counts);
  return counts;
}

const each = (core: Core, request: RequeueRequest): Promise<RequeueCounts> =>
  countEach(core.db, request);
