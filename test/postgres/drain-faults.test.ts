import { expect } from 'chai';
import { openStores, type PostgresStores } from '../../src/postgres/stores.js';
import { targetDescription } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { beforeEachTrip, endAfter, endBefore, type TripFault } from '../support/postgres-trips.js';
import { rounds } from '../support/rounds.js';
import { refused, ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { DrainingMachine } from './draining-machine.js';

/** As if so much time had passed: the lease of whoever holds the target is over. */
const EXPIRE = 'UPDATE target SET lease_until = 1 WHERE lease_token IS NOT NULL';

/** How many events are in one request. */
const BATCH = 2;

/** Of the drain whose connection ends, at least. */
const TRIPS = 42;

/** The round trip that stores that a batch was refused, and no verdict. */
const REFUSED_AT = 23;

/** A request is on the wire while the verdicts of the one before it are written. */
const IN_FLIGHT = 2 * BATCH;

/** In `npm test`: one of each kind. A step, and the how manieth time it is come by. */
const KILLS: readonly (readonly [step: string, nth: number])[] = [
  ['storage.commit', 1],
  ['dispatch.locked', 1],
  ['dispatch.claimed', 2],
  ['dispatch.posted', 2],
];

const STEPS = [
  'storage.commit',
  'lease.free',
  'dispatch.locked',
  'dispatch.pass-begun',
  'dispatch.claimed',
  'dispatch.posting',
  'dispatch.posted',
  'dispatch.settled',
] as const;

const allKills = (): [string, number][] =>
  Array.from({ length: 200 }, (_, round) => [
    STEPS[round % STEPS.length] ?? 'storage.commit',
    1 + (Math.floor(round / STEPS.length) % 4),
  ]);

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

describe('a machine that fails while it drains on PostgreSQL:', () => {
  const journals = postgresJournals();

  async function givenStores(): Promise<PostgresStores> {
    const stores = await openStores(journals.forTest());
    closeAfterTest(() => stores.close());
    await stores.targets.ensure(targetDescription('a'), 1_000);
    return stores;
  }

  /** Drains in this process, to a receiver that refuses what has one of these events in company. */
  async function drained(stores: PostgresStores, alone: readonly string[] = []) {
    const receiver = new ScriptedReceiver();
    receiver.limits = { maxEvents: BATCH, maxBytes: 1_000_000 };
    const { answer } = receiver;
    receiver.answer = (batch, mayStillLeave) =>
      batch.length > 1 && batch.some(({ eventId }) => alone.includes(eventId))
        ? refused(batch, { kind: 'rejected', reason: 'no' })
        : answer(batch, mayStillLeave);
    const lock = stores.targetLock(1);
    const given = { home: temporaryHome(), ledger: stores.ledger };
    const report = await drainWith(given, receiver, { lock });
    return { report, posts: receiver.posts, posted: receiver.posts.flat() };
  }

  const drainHere = async (stores: PostgresStores): Promise<string[]> =>
    (await drained(stores)).posted;

  const ledger = async () =>
    (
      await journals.owner.query(
        `SELECT e.event_id AS id, d.status, d.attempt_count::int AS attempts
         FROM event e LEFT JOIN delivery d USING (seq) ORDER BY e.seq`,
      )
    ).rows as { id: string; status: string; attempts: number }[];

  for (const [step, nth] of rounds(KILLS, allKills()))
    it(`killed at ${step} (${nth}): what it acknowledged is delivered, what it settled not again`, async () => {
      const stores = await givenStores();
      const env = { REDRAIN_TEST_CRASH_STEP: step, REDRAIN_TEST_CRASH_NTH: String(nth) };
      const machine = new DrainingMachine(journals.url, 'k', { env });
      await machine.gone();
      await journals.owner.query(EXPIRE);
      const posted = await drainHere(stores);
      const rows = await ledger();
      const stored = rows.map(({ id }) => id);
      expect(stored).to.include.members(machine.acknowledged);
      expect(new Set(rows.map(({ status }) => status))).to.deep.equal(
        new Set(stored.length > 0 ? ['success'] : []),
      );
      expect([...new Set([...machine.posted, ...posted])].sort()).to.deep.equal(stored.sort());
      const again = posted.filter((id) => machine.posted.includes(id));
      expect(again.length).to.be.at.most(IN_FLIGHT);
    });

  it('stopped beyond its lease: another delivers, and what it writes when it goes on changes nothing', async () => {
    const stores = await givenStores();
    const machine = new DrainingMachine(journals.url, 's', { waits: true });
    while (machine.posted.length === 0) await machine.heard();
    machine.signal('SIGSTOP');
    await journals.owner.query(EXPIRE);
    expect(await drainHere(stores)).to.have.length(6);
    const before = await ledger();
    expect(new Set(before.map(({ status }) => status))).to.deep.equal(new Set(['success']));
    machine.signal('SIGCONT');
    machine.answer();
    await machine.gone();
    expect(machine.ended).to.equal('daemon_lock');
    expect(machine.posted).to.have.length(BATCH);
    expect(await ledger()).to.deep.equal(before);
  });

  const ends: [string, TripFault, number[]][] = [
    ['before', endBefore, [1, 10, 26]],
    ['after', endAfter, [4, 18, 23, 26, TRIPS]],
  ];
  for (const [when, end, some] of ends)
    for (const nth of rounds(some, upTo(TRIPS)))
      it(`whose connection ends ${when} round trip ${nth} of its drain: everything is delivered, and nothing twice`, async () => {
        const { stores, ids } = await givenTwoOrigins();
        const trips = endAtTrip(nth, end);
        const { report, posted } = await drained(stores);
        expect(report).to.include({ delivered: 8, posts: 4, recovered: 0, blocked_reason: null });
        expect(await stores.ledger.postsSince(1, 0)).to.have.length(4);
        expect(trips()).to.be.at.least(Math.min(nth, TRIPS));
        expect(posted).to.deep.equal(ids);
        expect(new Set((await ledger()).map(({ status }) => status))).to.deep.equal(
          new Set(['success']),
        );
      });

  for (const nth of rounds([REFUSED_AT], upTo(TRIPS + 12)))
    it(`whose connection ends after round trip ${nth}, and a batch is refused: each post is logged once`, async () => {
      const { stores, ids } = await givenTwoOrigins();
      endAtTrip(nth, endAfter);
      const [first = ''] = ids;
      const { report, posts } = await drained(stores, [first]);
      expect(report).to.include({ delivered: 8, posts: 6, recovered: 0, blocked_reason: null });
      expect(await stores.ledger.postsSince(1, 0)).to.have.length(6);
      expect(posts.flat()).to.have.members([...ids.slice(0, 2), ...ids]);
    });

  /** Seven events of one origin and one of another, which is used up before. */
  async function givenTwoOrigins() {
    const stores = await givenStores();
    const events = [...newEvents(7, 'n'), newEvent('other', inProject('other'))];
    await stores.journal.append(events, 'capture');
    return { stores, ids: events.map(({ eventId }) => eventId) };
  }

  /** Ends a connection once; returns what tells how many round trips there were. */
  function endAtTrip(nth: number, end: TripFault): () => number {
    let trips = 0;
    beforeEachTrip((client, trip) => {
      trips += 1;
      return trips === nth ? end(client, trip) : undefined;
    });
    return () => trips;
  }

  it('whose writing connection the server ends: it connects again, and nothing is posted twice', async () => {
    const stores = await givenStores();
    const machine = new DrainingMachine(journals.url, 't', { waits: true });
    while (machine.posted.length === 0) await machine.heard();
    await journals.owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid = (SELECT lease_pid FROM target)`,
    );
    const ended = machine.gone();
    for (let batches = 1; batches <= 3; batches += 1) {
      while (machine.posted.length < batches * BATCH) await machine.heard();
      machine.answer();
    }
    await ended;
    expect(machine.ended).to.equal(null);
    expect(await drainHere(stores)).to.deep.equal([]);
    expect((await ledger()).map(({ status }) => status)).to.deep.equal(Array(6).fill('success'));
    expect(new Set(machine.posted).size).to.equal(machine.posted.length);
  });
});
