import { expect } from 'chai';
import fc from 'fast-check';
import type { RequeueCounts, RequeueRequest } from '../../src/ledger/requeue.js';
import { countEach } from '../../src/postgres/ledger/requeue.js';
import { countsOfTimes } from '../../src/postgres/ledger/requeue-times.js';
import { openStores, type PostgresStores } from '../../src/postgres/stores.js';
import {
  anyCause,
  anyFilter,
  anyJournal,
  archived,
  happened,
  type Past,
  requestOf,
} from '../ledger/any-requeue.js';
import { targetDescription } from '../support/core.js';
import { drainWith, TestClock } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { rounds } from '../support/rounds.js';
import { watchRowsRead } from '../support/rows-read.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

describe('the counts of a retry and a replay on PostgreSQL', () => {
  const journals = postgresJournals();

  async function given(url: string) {
    const stores = await openStores(url, {}, () => 0.5);
    await stores.targets.ensure(targetDescription('a'), 1_000);
    const home = temporaryHome();
    const lock = { targetLock: (id: number) => stores.targetLock(id) };
    return { stores, core: Object.assign(Object.create(stores), lock, { home }) as Core };
  }

  type Core = PostgresStores & { readonly home: string };

  it(`are those of a look at each delivery, whatever was captured when and became what (cases: ${rounds(12, 1_000)})`, async function () {
    this.timeout(rounds(240_000, 7_200_000));
    const url = journals.forTest();
    const asked = fc.record({ filter: anyFilter, cause: anyCause });
    const requests = fc.array(asked, { minLength: 6, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(anyJournal, requests, fc.boolean(), async (past, all, isWithArchive) => {
        const { stores, core } = await given(url);
        try {
          await prepared(core, past, isWithArchive);
          for (const { filter, cause } of all) {
            await assertCounted(stores, { ...requestOf('retry', filter), cause });
            await assertCounted(stores, requestOf('replay', filter));
          }
        } finally {
          await stores.close();
          await journals.makeEmpty();
        }
      }),
      { numRuns: rounds(12, 1_000) },
    );
  });

  it('leave alone what is on the wire', async () => {
    const { stores, core } = await given(journals.forTest());
    closeAfterTest(() => stores.close());
    await stores.journal.append(newEvents(4), 'capture');
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'no' }));
    await drainWith(core, receiver);
    await stores.requeue.requeue(requestOf('retry', {}));
    const seen: number[] = [];
    receiver.answer = async (batch) => {
      for (const cause of [undefined, 'no'])
        seen.push((await assertCounted(stores, { ...requestOf('retry', {}), cause })).in_flight);
      return results(batch, () => ({ kind: 'success' }));
    };
    await drainWith(core, receiver, { clock: Object.assign(new TestClock(), { now: 30_000 }) });
    expect(seen).to.deep.equal([4, 4]);
  });

  it('go over no delivery that they need not, however many there are', async () => {
    const { stores, core } = await given(journals.forTest());
    closeAfterTest(() => stores.close());
    await stores.journal.append(newEvents(3_000), 'capture');
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) =>
        eventId.endsWith('007') ? { kind: 'rejected', reason: 'no' } : { kind: 'success' },
      );
    await drainWith(core, receiver);
    const requests: RequeueRequest[] = [
      requestOf('replay', {}),
      requestOf('replay', { type: 'WPStatusChanged' }),
      requestOf('retry', {}),
      { ...requestOf('retry', { since: 0 }), cause: 'no' },
    ];
    const counted: RequeueCounts[] = [];
    const read = watchRowsRead();
    for (const request of requests) counted.push(await stores.requeue.count(request));
    const most = Math.max(...read.map(({ rows }) => rows));
    const largest = read.find(({ rows }) => rows === most);
    expect(most, `${largest?.statement}\n${largest?.plan}`).to.be.lessThan(100);
    for (const [i, request] of requests.entries()) {
      expect(counted[i]?.selected).to.be.greaterThan(0);
      expect(counted[i]).to.deep.equal(await countEach(stores.db, request));
    }
  });

  /** Some are marked, whose counts have to be told apart. */
  async function prepared(core: Core, past: readonly Past[], isWithArchive: boolean) {
    await happened(core, past);
    await core.requeue.requeue(requestOf('replay', { since: 10, until: 20 }));
    if (isWithArchive) await archived(core, past);
  }

  async function assertCounted(
    { db, requeue }: PostgresStores,
    request: RequeueRequest,
  ): Promise<RequeueCounts> {
    const counts = await countEach(db, request);
    expect(await requeue.count(request)).to.deep.equal(counts);
    expect((await countsOfTimes(db, request)) ?? counts).to.deep.equal(counts);
    return counts;
  }
});
