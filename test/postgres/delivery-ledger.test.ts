import { expect } from 'chai';
import pg from 'pg';
import type { Claim, Outcome } from '../../src/dispatch/ports.js';
import { LostLeaseError } from '../../src/ledger/delivery-ledger.js';
import { openStores, type PostgresStores } from '../../src/postgres/stores.js';
import {
  beginPass,
  claim,
  claimRequest,
  HEALTHY,
  REJECTED,
  SUCCESS,
  seqsOf,
  settle,
  TRANSIENT,
} from '../ledger/hand-drain.js';
import { targetDescription } from '../support/core.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { assertLedgerInvariantOn } from '../support/invariant.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { beforeEachTrip } from '../support/postgres-trips.js';
import { closeAfterTest } from '../support/temporary-home.js';

describe('the delivery ledger on PostgreSQL', () => {
  const journals = postgresJournals();

  /** Two processes on one journal with a target. */
  async function opened(): Promise<[PostgresStores, PostgresStores]> {
    const url = journals.forTest();
    const stores = [await openStores(url), await openStores(url)] as const;
    closeAfterTest(async () => {
      await assertLedgerInvariantOn(stores[0].db);
      for (const one of stores) await one.close();
    });
    await stores[0].targets.ensure(targetDescription('a'), 1_000);
    return [...stores];
  }

  const lease = async (): Promise<Record<string, unknown>> => {
    const { rows } = await journals.owner.query(`
      SELECT lease_token AS token, lease_holder AS holder, lease_pid AS pid,
        (lease_until - extract(epoch FROM clock_timestamp()) * 1000)::int AS left FROM target`);
    return rows[0];
  };

  it('refuses whoever lost the lease to another process, whatever it does', async () => {
    const [one, other] = await opened();
    await one.journal.append(newEvents(4), 'capture');
    const stale = await beginPass(one);
    const claimed = (await claim(one, stale, { maxEvents: 2 })) as Claim;
    const pass = await beginPass(other);
    expect(pass.recovered).to.equal(2);
    expect(await one.ledger.redactedOf(stale, claimed, claimed.events)).to.equal(undefined);
    expect(await settle(one, stale, claimed, SUCCESS)).to.equal(false);
    expect(await one.ledger.release(stale, claimed, claimed.events)).to.equal(false);
    expect(await failureOf(claim(one, stale))).to.be.instanceOf(LostLeaseError);
    expect(await failureOf(one.ledger.beginPass(stale.lease, 1))).to.be.instanceOf(LostLeaseError);
    await one.ledger.endPass(stale, { ...HEALTHY, circuitFailures: 9 }, 1);
    expect(await other.targets.find(1)).to.include({ leaseHolder: 'a test', circuitFailures: 0 });
    const again = (await claim(other, pass)) as Claim;
    expect(seqsOf(again)).to.deep.equal([1, 2, 3, 4]);
    expect(await settle(other, pass, again, SUCCESS)).to.equal(true);
  });

  it('keeps a lease for eight seconds of the server, renewed by each claim and settlement', async () => {
    const [one] = await opened();
    await one.journal.append(newEvents(2), 'capture');
    const outdate = () => journals.owner.query('UPDATE target SET lease_until = 0');
    const pass = await beginPass(one);
    const begun = await lease();
    expect(begun).to.deep.include({ token: pass.lease.token, holder: 'a test' });
    expect(begun.pid).to.be.above(0);
    expect(begun.left).to.be.within(1, 8_000);
    await outdate();
    const claimed = (await claim(one, pass)) as Claim;
    expect((await lease()).left).to.be.within(1, 8_000);
    await outdate();
    await settle(one, pass, claimed, SUCCESS);
    expect((await lease()).left).to.be.within(1, 8_000);
    await one.ledger.endPass(pass, HEALTHY, 1);
    expect(await lease()).to.deep.equal({ token: null, holder: null, pid: null, left: null });
  });

  it('reads the bytes of a claim with its events; large ones, and those of many that may not fit, once their sizes are known', async () => {
    const [one] = await opened();
    const sized = (id: string, size: number) =>
      newEvent(id, { bytes: Buffer.from(JSON.stringify({ event_id: id, pad: 'x'.repeat(size) })) });
    const events = [
      sized('first', 10),
      ...Array.from({ length: 3 }, (_, i) => sized(`small-${i}`, 1_000)),
      ...[1_000, 4_500, 300_000].map((size) => sized(`mixed-${size}`, size)),
      ...Array.from({ length: 9 }, (_, i) => sized(`many-${i}`, 1_000)),
    ];
    await one.journal.append(events, 'capture');
    const pass = await beginPass(one);
    const claimed: string[] = [];
    const trips: number[] = [];
    // The first claim of a pass also looks for lanes.
    for (const [maxEvents, maxBytes] of [
      [1, 1_000_000],
      [3, 1_000_000],
      [3, 1_000_000],
      [9, 4_000],
      [9, 4_000],
      [9, 4_000],
    ] as const) {
      const request = claimRequest(pass, { limits: { maxEvents, maxBytes } });
      let found: Claim | undefined;
      const taken = await counted(async () => {
        found = await one.ledger.claim(pass, request);
      });
      trips.push(taken);
      claimed.push(...(found as unknown as Claim).events.map(({ bytes }) => bytes.toString()));
      await settle(one, pass, found as unknown as Claim, SUCCESS);
    }
    expect(claimed).to.deep.equal(events.map(({ bytes }) => bytes.toString()));
    expect(trips.slice(1)).to.deep.equal([3, 4, 3, 4, 4]);
  });

  it('claims and settles a thousand events in as many round trips as ten', async () => {
    const [one] = await opened();
    const pass = async (events: number, outcome: Outcome): Promise<number> => {
      await one.journal.append(
        newEvents(events, `${events}-${outcome.kind}`).map((event, i) => ({
          ...event,
          ...inProject(`p${i % 5}`),
        })),
        'capture',
      );
      const begun = await beginPass(one);
      // Which lanes have something is looked up once in a pass.
      const request = claimRequest(begun);
      await one.ledger.lookAhead(begun, request);
      const trips = await counted(async () => {
        const claimed = (await one.ledger.claim(begun, request)) as Claim;
        expect(claimed.events).to.have.length(events);
        await settle(one, begun, claimed, outcome);
      });
      return trips;
    };
    for (const outcome of [SUCCESS, { kind: 'terminal_failed', reason: 'no' } as const]) {
      const few = await pass(10, outcome);
      expect(await pass(1_000, outcome), outcome.kind).to.equal(few);
      // Two for the claim, whose events were read before, and two for the settlement; a cause, and what waits for a refused event, one more each.
      expect(few).to.equal(outcome === SUCCESS ? 4 : 6);
    }
  });

  it('stores texts with a NUL, which PostgreSQL has not', async () => {
    const [one] = await opened();
    await one.journal.append(newEvents(2), 'capture');
    const pass = await beginPass(one);
    const claimed = (await claim(one, pass)) as Claim;
    const nul: Outcome = { kind: 'rejected', reason: 'a\0b', response: '{"a":"\0"}' };
    expect(await settle(one, pass, claimed, nul)).to.equal(true);
    const blocked = { ...HEALTHY, blockedReason: 'missing_auth', blockedMessage: 'x\0y' } as const;
    await one.ledger.endPass(pass, blocked, 1);
    await one.targets.label(1, 'l\0');
    await one.targets.noteDeployment(1, { gitSha: 'g\0' }, 1);
    expect(await one.targets.find(1)).to.deep.include({
      blockedMessage: 'x\uFFFDy',
      label: 'l\uFFFD',
      deployment: { gitSha: 'g\uFFFD' },
    });
    const { rows } = await journals.owner.query(
      'SELECT last_error, last_response_json FROM delivery',
    );
    expect(rows[0]).to.deep.equal({
      last_error: 'a\uFFFDb',
      last_response_json: '{"a":"\uFFFD"}',
    });
    const request = { kind: 'retry', targetId: 1, filter: {}, cause: 'a b', now: 1 } as const;
    expect(await one.requeue.count({ ...request, cause: 'a\uFFFDb' })).to.include({ selected: 2 });
  });

  it('lets several processes drain several targets while events come and are taken back', async () => {
    const all = await opened();
    const ids = [1];
    for (const name of ['b', 'c', 'd'])
      ids.push((await all[0].targets.ensure(targetDescription(name), 1_000)).id);
    const delivered = new Map(ids.map((id) => [id, new Set<number>()]));
    const drainOnce = async (stores: PostgresStores, id: number): Promise<void> => {
      const pass = await beginPass(stores, id);
      for (;;) {
        const claimed = await claim(stores, pass, { maxEvents: 7 });
        if (claimed === undefined) return;
        const outcomes = (seq: number) => (seq % 5 === 0 ? REJECTED : TRANSIENT);
        await settle(stores, pass, claimed, ({ seq, attempted }) =>
          attempted || seq % 3 === 0 ? SUCCESS : outcomes(seq),
        );
        for (const { seq } of claimed.events) delivered.get(id)?.add(seq);
      }
    };
    const capture = async (stores: PostgresStores): Promise<void> => {
      for (let i = 0; i < 12; i += 1)
        await stores.journal.append(
          [...newEvents(3, `c${i}`), newEvent(`k${i}`, { coalesceKey: `key-${i % 2}` })],
          'capture',
        );
    };
    await Promise.all([
      capture(all[0]),
      ...ids.map(async (id, i) => {
        for (let round = 0; round < 4; round += 1)
          await drainOnce(all[i % 2] as PostgresStores, id);
      }),
    ]);
    for (const id of ids) {
      await drainOnce(all[0], id);
      await drainOnce(all[0], id);
      const { rows } = await journals.owner.query(
        `SELECT count(*)::int AS open FROM live v LEFT JOIN delivery d ON d.seq = v.seq AND d.target_id = $1
          WHERE d.status IS DISTINCT FROM 'success'`,
        [id],
      );
      expect(rows[0]).to.deep.equal({ open: 0 });
    }
  });
});

/** Round trips of the connections of this process meanwhile, but for the one that hints to others and opens when it likes. */
async function counted(work: () => Promise<void>): Promise<number> {
  let trips = 0;
  const restore = beforeEachTrip((client) => {
    if (!nameOf(client).includes('listener')) trips += 1;
    return undefined;
  });
  await work();
  restore();
  return trips;
}

const nameOf = (client: pg.Client): string =>
  (client as unknown as { connectionParameters: { application_name: string } }).connectionParameters
    .application_name;
