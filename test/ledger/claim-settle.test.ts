import { expect } from 'chai';
import type { Claim, Permission } from '../../src/dispatch/ports.js';
import { type Core, givenTarget, openCore, row, rows } from '../support/core.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import {
  beginPass,
  claim,
  HEALTHY,
  ledgerTables,
  REJECTED,
  SUCCESS,
  seqsOf,
  settle,
  TRANSIENT,
} from './hand-drain.js';

describe('a claim', () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
    await givenTarget(core);
  });
  afterEach(() => assertLedgerInvariant(core));

  it('is durably in flight before anything is posted', async () => {
    await core.journal.append(newEvents(5), 'capture');
    const pass = await beginPass(core);
    const claimed = await claim(core, pass, { maxEvents: 3 });
    expect(seqsOf(claimed)).to.deep.equal([1, 2, 3]);
    expect(row(core, 'SELECT claim_id, seqs FROM flight')).to.deep.equal({
      claim_id: claimed?.claimId,
      seqs: '[[1,3]]',
    });
    expect(rows(core, 'SELECT * FROM delivery')).to.deep.equal([]);
    expect(rows(core, 'SELECT cursor FROM lane')).to.deep.equal([{ cursor: 3 }]);
  });

  it('gives each event its own bytes, of whatever length, and none where they are gone', async () => {
    const texts = ['{}', '{"a":",,"}', `{"b":"${'x'.repeat(3_000)}"}`, '{"c":"ü,"}', '{"d":1}'];
    const events = texts.map((text, i) => newEvent(`e${i}`, { bytes: Buffer.from(text) }));
    await core.journal.append(events, 'capture');
    await core.db.write((db) =>
      db.exec(`INSERT INTO purge (seq, kind, at, canonical_sha256)
          VALUES (2, 'gc', 1, x'00'), (5, 'gc', 1, x'00');
        DELETE FROM payload WHERE seq IN (2, 5);
        UPDATE journal_count SET retained = 3,
          bytes = (SELECT sum(length(bytes)) FROM payload)`),
    );
    const claimed = await claim(core, await beginPass(core));
    const given = claimed?.events.map((event) => [event.bytes.toString(), event.undeliverable]);
    const gone = ['', 'its payload bytes are no longer in the journal'];
    const kept = (at: number) => [texts[at], null];
    expect(given).to.deep.equal([kept(0), gone, kept(2), kept(3), gone]);
  });

  it('moves each cursor over what it took, and over nothing else', async () => {
    const events = newEvents(9).map((event, i) => ({ ...event, ...inProject(`p${i % 3}`) }));
    await core.journal.append(events, 'capture');
    const pass = await beginPass(core);
    const held: Permission = (origin) =>
      origin.projectUuid === 'p1' ? 'project_not_allowed' : null;
    await settleNext(pass, { maxEvents: 4, heldBy: held });
    expect(rows(core, 'SELECT origin_id, cursor FROM lane')).to.deep.equal([
      { origin_id: 1, cursor: 4 },
      { origin_id: 3, cursor: 6 },
    ]);
    expect(seqsOf(await settleNext(pass))).to.deep.equal([2, 5, 7, 8, 9]);
  });

  async function settleNext(
    pass: Awaited<ReturnType<typeof beginPass>>,
    request: Parameters<typeof claim>[2] = {},
    outcome: Parameters<typeof settle>[3] = SUCCESS,
  ): Promise<Claim | undefined> {
    const claimed = await claim(core, pass, request);
    if (claimed !== undefined) await settle(core, pass, claimed, outcome);
    return claimed;
  }
});

describe('a settlement', () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(4), 'capture');
  });
  afterEach(() => assertLedgerInvariant(core));

  it('changes nothing when another process drains the target by now', async () => {
    const stale = await beginPass(core);
    const claimed = (await claim(core, stale)) as Claim;
    await beginPass(core);
    const before = ledgerTables(core);
    expect(await settle(core, stale, claimed, SUCCESS)).to.equal(false);
    expect(ledgerTables(core)).to.deep.equal(before);
  });

  it('changes nothing once the lease is taken, even before the next pass begins', async () => {
    const stale = await beginPass(core);
    const claimed = (await claim(core, stale)) as Claim;
    await core.ledger.takeLease(1, 'another process');
    const before = ledgerTables(core);
    expect(await settle(core, stale, claimed, SUCCESS)).to.equal(false);
    await core.ledger.endPass(stale, { ...HEALTHY, circuitFailures: 7 }, 1);
    expect(ledgerTables(core)).to.deep.equal(before);
    expect(row(core, 'SELECT lease_holder, circuit_failures FROM target')).to.deep.equal({
      lease_holder: 'another process',
      circuit_failures: 0,
    });
  });

  it('changes nothing when it comes for an earlier claim', async () => {
    const pass = await beginPass(core);
    const first = (await claim(core, pass, { maxEvents: 2 })) as Claim;
    await settle(core, pass, first, TRANSIENT);
    const second = (await claim(core, pass, { maxEvents: 2 })) as Claim;
    const before = ledgerTables(core);
    expect(await settle(core, pass, first, REJECTED)).to.equal(false);
    expect(ledgerTables(core)).to.deep.equal(before);
    expect(await settle(core, pass, second, SUCCESS)).to.equal(true);
  });

  it('changes nothing when every event in it is settled', async () => {
    const pass = await beginPass(core);
    const claimed = (await claim(core, pass)) as Claim;
    await settle(core, pass, claimed, REJECTED);
    const before = ledgerTables(core);
    expect(await settle(core, pass, claimed, REJECTED)).to.equal(false);
    expect(ledgerTables(core)).to.deep.equal(before);
  });

  it('leaves in flight what is not in it', async () => {
    const pass = await beginPass(core);
    const claimed = (await claim(core, pass)) as Claim;
    await settle(core, pass, claimed, SUCCESS, { events: claimed.events.slice(1, 3) });
    expect(row(core, 'SELECT seqs FROM flight')).to.deep.equal({ seqs: '[[1,1],[4,4]]' });
    expect(deliveries()).to.deep.equal(['2 success', '3 success']);
    const left = [claimed.events[0], claimed.events[3]] as typeof claimed.events;
    await settle(core, pass, claimed, REJECTED, { events: left });
    expect(rows(core, 'SELECT * FROM flight')).to.deep.equal([]);
  });

  it('gives one verdict to an event of a claim, and no second one', async () => {
    const pass = await beginPass(core);
    const claimed = (await claim(core, pass)) as Claim;
    const [first] = claimed.events;
    await settle(core, pass, claimed, REJECTED, { events: [first as (typeof claimed.events)[0]] });
    await settle(core, pass, claimed, REJECTED, { events: claimed.events });
    expect(
      rows(core, 'SELECT rejection_count AS n, attempt_count AS a FROM delivery'),
    ).to.deep.equal(new Array(4).fill({ n: 1, a: 1 }));
  });

  it('never undoes a delivery', async () => {
    await deliverAll();
    const delivered = rows(core, 'SELECT * FROM delivery');
    // A todo that has no business being there any more, as a confused writer might leave it.
    await core.db.write((db) =>
      db.exec(`INSERT INTO todo SELECT 1, seq, origin_id, 0, 0, 'any', 0 FROM event`),
    );
    for (const outcome of [REJECTED, TRANSIENT, { kind: 'duplicate' } as const, SUCCESS]) {
      const pass = await beginPass(core);
      const claimed = await claim(core, pass);
      if (claimed !== undefined) await settle(core, pass, claimed, outcome);
    }
    expect(rows(core, 'SELECT * FROM delivery')).to.deep.equal(delivered);
    expect(rows(core, 'SELECT * FROM todo')).to.deep.equal([]);
  });

  it('of a replay opens a new generation and keeps the old one in the history', async () => {
    await deliverAll(20_000);
    const before = rows(core, 'SELECT * FROM delivery WHERE seq IN (2, 3)');
    await replay(2, 3);
    const pass = await beginPass(core, 1, 50_000);
    const claimed = (await claim(core, pass)) as Claim;
    expect(seqsOf(claimed)).to.deep.equal([2, 3]);
    await settle(core, pass, claimed, (event) => (event.seq === 2 ? SUCCESS : REJECTED));
    expect(
      rows(core, 'SELECT seq, generation, status, attempt_count, completed_at FROM delivery'),
    ).to.deep.equal([
      { seq: 1, generation: 1, status: 'success', attempt_count: 1, completed_at: 20_000 },
      { seq: 2, generation: 2, status: 'success', attempt_count: 1, completed_at: 50_000 },
      { seq: 3, generation: 2, status: 'rejected', attempt_count: 1, completed_at: null },
      { seq: 4, generation: 1, status: 'success', attempt_count: 1, completed_at: 20_000 },
    ]);
    expect(rows(core, 'SELECT * FROM delivery_history ORDER BY seq')).to.deep.equal(before);
  });

  it('of a second replay keeps both earlier generations', async () => {
    await deliverAll();
    for (let time = 0; time < 2; time++) {
      await replay(1);
      const pass = await beginPass(core);
      await settle(core, pass, (await claim(core, pass)) as Claim, SUCCESS);
    }
    expect(row(core, 'SELECT generation FROM delivery WHERE seq = 1')).to.deep.equal({
      generation: 3,
    });
    expect(rows(core, 'SELECT seq, generation, status FROM delivery_history')).to.deep.equal([
      { seq: 1, generation: 1, status: 'success' },
      { seq: 1, generation: 2, status: 'success' },
    ]);
  });

  it('does not change an event whose class changed while it was in flight', async () => {
    const pass = await beginPass(core);
    const claimed = (await claim(core, pass)) as Claim;
    await core.db.write((db) => {
      db.exec(`INSERT INTO mark (seq, class, at) VALUES (2, 'replaced', 1)`);
      db.exec('DELETE FROM live WHERE seq = 2');
      db.exec(`UPDATE journal_count SET events = 3, retained = 3, bytes =
        (SELECT sum(size) FROM event WHERE seq <> 2)`);
      db.exec(
        `INSERT INTO journal_count SELECT origin_id, 'replaced', 1, 1, size FROM event WHERE seq = 2`,
      );
    });
    await settle(core, pass, claimed, TRANSIENT);
    expect(rows(core, 'SELECT seq FROM todo ORDER BY seq')).to.deep.equal([
      { seq: 1 },
      { seq: 3 },
      { seq: 4 },
    ]);
    expect(row(core, `SELECT status FROM delivery WHERE seq = 2`)).to.deep.equal({
      status: 'failed_transient',
    });
  });

  function deliveries(): string[] {
    return rows<{ seq: number; status: string }>(core, 'SELECT seq, status FROM delivery').map(
      ({ seq, status }) => `${seq} ${status}`,
    );
  }

  async function deliverAll(now = 10_000): Promise<void> {
    const pass = await beginPass(core, 1, now);
    await settle(core, pass, (await claim(core, pass)) as Claim, SUCCESS);
    await core.ledger.endPass(pass, HEALTHY, now);
  }

  /** As an operator's replay marks events. */
  async function replay(...seqs: number[]): Promise<void> {
    await core.db.write((db) => {
      const mark = db.prepare(
        `INSERT INTO todo (target_id, seq, origin_id, due_at, pass_no, company, replay)
         SELECT 1, seq, origin_id, 0, 0, 'any', 1 FROM event WHERE seq = ?`,
      );
      for (const seq of seqs) mark.run(seq);
    });
  }
});

describe('what a crash left in flight', () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(6), 'capture');
  });
  afterEach(() => assertLedgerInvariant(core));

  it('is transient and due at once, counted as an attempt, and logged', async () => {
    await crashInFlight(4);
    const pass = await beginPass(core, 1, 99_000);
    expect(pass.recovered).to.equal(4);
    expect(rows(core, 'SELECT * FROM flight')).to.deep.equal([]);
    expect(
      rows(core, 'SELECT DISTINCT status, attempt_count, next_attempt_at FROM delivery'),
    ).to.deep.equal([{ status: 'failed_transient', attempt_count: 1, next_attempt_at: 99_000 }]);
    expect(
      row(core, 'SELECT first_seq, last_seq, events, outcomes, error FROM post'),
    ).to.deep.equal({
      first_seq: 1,
      last_seq: 4,
      events: 4,
      outcomes: '{"transient":[[1,4]]}',
      error: 'interrupted before its result was recorded: it may have arrived',
    });
  });

  it('does not include what was settled before the crash', async () => {
    const pass = await beginPass(core);
    const claimed = (await claim(core, pass, { maxEvents: 4 })) as Claim;
    await settle(core, pass, claimed, SUCCESS, { events: claimed.events.slice(0, 2) });
    expect((await beginPass(core)).recovered).to.equal(2);
    expect(rows(core, 'SELECT seq, status FROM delivery ORDER BY seq')).to.deep.equal([
      { seq: 1, status: 'success' },
      { seq: 2, status: 'success' },
      { seq: 3, status: 'failed_transient' },
      { seq: 4, status: 'failed_transient' },
    ]);
  });

  it('counts each crash as an attempt', async () => {
    for (let i = 0; i < 3; i++) await crashInFlight(6);
    const pass = await beginPass(core);
    expect(pass.recovered).to.equal(6);
    expect(rows(core, 'SELECT attempt_count AS n FROM delivery')).to.deep.equal(
      new Array(6).fill({ n: 3 }),
    );
    expect(rows(core, 'SELECT * FROM post')).to.have.length(3);
  });

  it('of a replay is the new generation, and the delivery before it is history', async () => {
    const first = await beginPass(core);
    await settle(core, first, (await claim(core, first)) as Claim, SUCCESS);
    await core.db.write((db) =>
      db.exec(`INSERT INTO todo SELECT 1, seq, origin_id, 0, 0, 'any', 1 FROM event WHERE seq = 3`),
    );
    await crashInFlight(10);
    await beginPass(core);
    expect(row(core, 'SELECT status, generation FROM delivery WHERE seq = 3')).to.deep.equal({
      status: 'failed_transient',
      generation: 2,
    });
    expect(rows(core, 'SELECT seq, status FROM delivery_history')).to.deep.equal([
      { seq: 3, status: 'success' },
    ]);
  });

  /** A process claims, posts, and is gone. */
  async function crashInFlight(maxEvents: number): Promise<void> {
    expect(await claim(core, await beginPass(core), { maxEvents })).not.to.equal(undefined);
  }
});
