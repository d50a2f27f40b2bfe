import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { SCHEMA_TRIGGERS as TRIGGERS } from '../../migrations/index.js';
import { App } from '../../src/app/app.js';
import { readStatus } from '../../src/app/status.js';
import { reportOf, type VerifyReport, verify, verifyAndRepair } from '../../src/app/verify.js';
import { Spool } from '../../src/journal/spool.js';
import { archiveEvents } from '../../src/retention/archiving.js';
import { collect } from '../../src/retention/collecting.js';
import { redactEvent } from '../../src/retention/redacting.js';
import { JournalDatabase } from '../../src/sqlite/journal-database.js';
import { verifyAll } from '../../src/sqlite/verification/verify.js';
import { envelopes, givenRedrain } from '../library/given-redrain.js';
import { arrived } from '../support/arrivals.js';
import { givenTarget, row } from '../support/core.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { newEvents } from '../support/events.js';
import { corruptTable } from '../support/faults.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest, stateOf, temporaryHome } from '../support/temporary-home.js';
import {
  ANY_AGE,
  delivered,
  givenDeliveredOnSqlite,
  history,
  NO_CONTROL,
  payloads,
  type SqliteKeeping,
} from './given-journal.js';

function appOn(home: string): App {
  const app = new App({ home, env: {} });
  closeAfterTest(() => app.close());
  return app;
}

/** On this thread, which takes less time; as a whole it is `verify` of an App. */
async function verified(keeping: SqliteKeeping): Promise<VerifyReport> {
  const db = JournalDatabase.openReadOnly(keeping.file) as JournalDatabase;
  const spool = new Spool(join(stateOf(keeping.home), 'spool'));
  try {
    return reportOf(await verifyAll({ ...keeping, db, spool }, NO_CONTROL), false, NO_CONTROL);
  } finally {
    db.close();
  }
}

/** The checks that do not hold, each with its first problem. */
function broken(report: VerifyReport): Record<string, string> {
  const failed = report.checks.filter(({ ok }) => !ok);
  return Object.fromEntries(failed.map(({ name, problems }) => [name, problems[0] ?? '']));
}

/** Runs statements as any other program could. */
function tamper(keeping: SqliteKeeping, sql: string): void {
  const raw = new Database(keeping.file);
  raw.exec(sql);
  raw.close();
}

/** Purged, archived, redacted, coalesced, live, rejected: something of everything. */
async function givenEverything(): Promise<SqliteKeeping> {
  const keeping = await givenDeliveredOnSqlite(6, { capturedAt: 1 });
  await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL);
  await keeping.journal.append(newEvents(4, 'arch'), 'capture');
  await delivered(keeping, 1);
  const { retention, directory } = keeping;
  await archiveEvents({
    retention,
    directory,
    scope: ANY_AGE,
    now: 1_795_358_210_123,
    control: NO_CONTROL,
  });
  await keeping.journal.append(newEvents(3, 'c', { coalesceKey: 'k' }), 'capture');
  await keeping.journal.append(newEvents(5, 'live'), 'capture');
  const receiver = new ScriptedReceiver();
  receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'r' }));
  await delivered(keeping, 1, receiver);
  await redactEvent(keeping, 'live-000001', { reason: 'r', now: 1 });
  await givenTarget(keeping, 'b');
  return keeping;
}

describe('verify', () => {
  it('accepts a ledger in which everything has happened, and changes nothing', async () => {
    const keeping = await givenEverything();
    new Spool(join(stateOf(keeping.home), 'spool')).write(newEvents(2, 'spooled'));
    const report = await verify(appOn(keeping.home), NO_CONTROL);
    expect(broken(report)).to.deep.equal({});
    expect(report).to.deep.equal(await verified(keeping));
    expect(report.verdict).to.match(/^OK: 10 checks passed, \d+ events, 0 problems$/);
    expect(report.checks.map(({ name }) => name)).to.include.members([
      'digests',
      'triggers',
      'foreign keys',
      'counters',
      'ledger',
      'integrity',
      'spool',
      'archives',
    ]);
    assertLedgerInvariant(keeping);
  });

  it('has nothing to say of a home without a journal', async () => {
    const report = await verify(appOn(temporaryHome()), NO_CONTROL);
    expect(report).to.include({ ok: true });
    expect(report.verdict).to.match(/no journal/);
  });

  it('names the event of which one byte was flipped', async () => {
    const keeping = await givenDeliveredOnSqlite(200);
    const { bytes } = row<{ bytes: Buffer }>(keeping, 'SELECT bytes FROM payload WHERE seq = 137');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    tamper(
      keeping,
      `DROP TRIGGER payload_no_update;
       UPDATE payload SET bytes = x'${bytes.toString('hex')}' WHERE seq = 137`,
    );
    const problems = broken(await verified(keeping));
    expect(problems.digests).to.match(/^event e-000137 /);
    expect(problems.triggers).to.equal('trigger payload_no_update is missing');
  });

  for (const text of TRIGGERS) {
    const name = /^CREATE TRIGGER (\w+)/.exec(text)?.[1] ?? '';
    it(`says so when trigger ${name} was dropped`, async () => {
      const keeping = await givenDeliveredOnSqlite(1);
      tamper(keeping, `DROP TRIGGER ${name}`);
      expect(broken(await verified(keeping))).to.deep.equal({
        triggers: `trigger ${name} is missing`,
      });
    });
  }

  it('says so when a trigger was changed or added', async () => {
    const keeping = await givenDeliveredOnSqlite(1);
    tamper(
      keeping,
      `DROP TRIGGER event_no_update;
       CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT 1; END;
       CREATE TRIGGER stranger AFTER INSERT ON event BEGIN SELECT 1; END`,
    );
    const { problems } = (await verified(keeping)).checks.find(({ name }) => name === 'triggers')!;
    expect(problems).to.deep.equal([
      'trigger event_no_update was changed',
      "trigger stranger on event is not one of redrain's",
    ]);
  });

  /** What a hand at the file can do, and the check that must notice. */
  const FALSE_FACTS: [what: string, sql: string, check: string, problem: RegExp][] = [
    [
      'a payload that went without a record',
      'DROP TRIGGER payload_no_delete; DELETE FROM payload WHERE seq = 2',
      'digests',
      /e-000002.*without a record/,
    ],
    [
      'a live row that went',
      'DELETE FROM live WHERE seq = 2',
      'classes',
      /e-000002.*ever select it/,
    ],
    [
      'a dead event that became live',
      `INSERT INTO mark VALUES (2, 'coalesced', 1, 1)`,
      'classes',
      /coalesced, and would be selected/,
    ],
    [
      'a journal row that went',
      'PRAGMA foreign_keys = OFF; DROP TRIGGER event_no_delete; DELETE FROM event WHERE seq = 2',
      'foreign keys',
      /event does not exist/,
    ],
    [
      'a delivery that went',
      'DELETE FROM delivery WHERE seq = 2',
      'ledger',
      /event number 2: nothing would ever send it/,
    ],
    [
      'a retry that went',
      `UPDATE delivery SET status = 'rejected' WHERE seq = 2`,
      'ledger',
      /rejected, and nothing would try it again/,
    ],
    [
      'a todo of a delivered event',
      `INSERT INTO todo VALUES (1, 2, 1, 1, 0, 'any', 0)`,
      'ledger',
      /success, and waits to be sent/,
    ],
    [
      'a counter of the ledger',
      'UPDATE ledger_count SET events = events + 1',
      'counters',
      /ledger/,
    ],
    ['a counter of the journal', 'UPDATE journal_count SET bytes = 0', 'counters', /journal/],
    ['a deleted counter', 'DELETE FROM ledger_count', 'counters', /says nothing/],
    ['a cause', `INSERT INTO cause VALUES (1, 'rejected', 'no', 2)`, 'counters', /causes/],
    ['the second count', 'UPDATE target SET delivery_rows = 1', 'counters', /rows of the ledger/],
  ];

  for (const [what, sql, check, problem] of FALSE_FACTS)
    it(`notices ${what}`, async () => {
      const keeping = await givenDeliveredOnSqlite(3);
      tamper(keeping, sql);
      const report = await verified(keeping);
      expect(report.verdict).to.match(/^NOT OK: \d/);
      expect(broken(report)[check]).to.match(problem);
    });

  const FALSE_NUMBERS: [what: string, sql: string, problem: RegExp][] = [
    [
      'how many are here',
      'UPDATE edge SET received = 9',
      /^edge counter edge home-a says .*received 9/,
    ],
    [
      'where the gaps begin',
      'UPDATE edge SET complete = high',
      /complete 3.*, there are .*complete 1/,
    ],
    ['the highest', 'UPDATE edge SET high = 7', /high 7.*, there are high 3/],
    ['a range', 'DELETE FROM edge_range WHERE first = 3', /high 3.*, there are high 1/],
  ];

  for (const [what, sql, problem] of FALSE_NUMBERS)
    it(`notices what is wrong in the numbers of an edge, and --repair recounts it: ${what}`, async () => {
      const keeping = await givenDeliveredOnSqlite(3);
      await keeping.journal.append(arrived([1, 3]), 'capture');
      expect(broken(await verified(keeping))).to.deep.equal({});
      tamper(keeping, sql);
      expect(broken(await verified(keeping)).counters).to.match(problem);
      const report = await verifyAndRepair(appOn(keeping.home), NO_CONTROL);
      expect(report).to.include({ ok: true, repaired: true });
    });

  it('notices numbers of an edge that stand for no event', async () => {
    const keeping = await givenDeliveredOnSqlite(3);
    await keeping.journal.append(arrived([1, 3]), 'capture');
    tamper(keeping, 'UPDATE edge_range SET seq = 998 WHERE first = 3');
    const problems = broken(await verified(keeping));
    expect(problems['foreign keys']).to.match(/edge_range 998/);
  });

  it('--repair recounts counters only: what else is wrong stays wrong', async () => {
    const keeping = await givenDeliveredOnSqlite(3);
    tamper(keeping, 'DROP TRIGGER audit_no_update; UPDATE journal_count SET events = 0');
    const report = await verifyAndRepair(appOn(keeping.home), NO_CONTROL);
    expect(report.repaired).to.equal(true);
    expect(Object.keys(broken(report))).to.deep.equal(['triggers']);
  });

  it('names a spool file and an archive that cannot be read', async () => {
    const keeping = await givenEverything();
    const spool = join(stateOf(keeping.home), 'spool');
    mkdirSync(spool, { recursive: true });
    writeFileSync(join(spool, '01AAAAAAAAAAAAAAAAAAAAAAAA.spool'), 'rubbish');
    const data = keeping.directory.manifests()[0]?.replace('.manifest.json', '.jsonl.gz') ?? '';
    writeFileSync(data, readFileSync(data).subarray(0, 50));
    const problems = broken(await verified(keeping));
    expect(problems.spool).to.match(/01A.*header is damaged/);
    expect(problems.archives).to.match(/SHA-256/);
  });

  it('names an archive that lacks what the journal gave to it', async () => {
    const keeping = await givenEverything();
    tamper(
      keeping,
      `DROP TRIGGER purge_no_update;
       UPDATE purge SET kind = 'archive', detail = (SELECT detail FROM purge WHERE kind = 'archive')
       WHERE kind = 'gc'`,
    );
    expect(broken(await verified(keeping)).archives).to.match(/lacks 6 of the 10 events/);
  });

  for (const [change, problem] of [
    [
      'ALTER TABLE target RENAME COLUMN circuit_failures TO circuit_fbilures',
      /table target was changed/,
    ],
    ['DROP INDEX ix_post_target', /index ix_post_target is missing/],
  ] as const)
    it(`names what no longer is as it was made: ${change}`, async () => {
      const keeping = await givenDeliveredOnSqlite(3);
      tamper(keeping, change);
      expect(broken(await verified(keeping)).tables).to.match(problem);
    });

  it('names bytes that belong to no event', async () => {
    const keeping = await givenDeliveredOnSqlite(3);
    tamper(
      keeping,
      `DROP TRIGGER payload_no_forgery; INSERT INTO payload (seq, bytes) VALUES (99, x'7b7d')`,
    );
    expect(broken(await verified(keeping))['foreign keys']).to.match(
      /payload 99: its event does not exist/,
    );
  });

  it('names an event of which two revisions would be selected', async () => {
    const keeping = await givenDeliveredOnSqlite(3);
    tamper(
      keeping,
      `DROP TRIGGER payload_no_forgery;
       INSERT INTO event (event_id, revision, event_type, origin_id, source, captured_at, carries_id, sha256, size)
         SELECT event_id, 2, event_type, origin_id, source, captured_at, carries_id, sha256, size
         FROM event WHERE seq = 2;
       INSERT INTO payload SELECT 4, bytes FROM payload WHERE seq = 2;
       INSERT INTO live SELECT origin_id, 4 FROM event WHERE seq = 2`,
    );
    expect(broken(await verified(keeping)).classes).to.match(/e-000002: more than one revision/);
  });

  it('survives a damaged file and says that it is damaged', async () => {
    const keeping = await givenDeliveredOnSqlite(300);
    keeping.db.close();
    corruptTable(keeping.file, 'delivery');
    const report = await verified(keeping);
    expect(report.ok).to.equal(false);
    expect(Object.keys(broken(report))).to.include('integrity');
  });

  it('looks at a page of events at a time, however many there are', async () => {
    const keeping = await givenDeliveredOnSqlite(1_000);
    const seen: number[] = [];
    const control = { ...NO_CONTROL, progress: (done: number) => void seen.push(done) };
    expect((await verify(appOn(keeping.home), control)).ok).to.equal(true);
    expect(seen.length).to.be.above(10);
    expect(seen.at(-1)).to.equal(1_000);
  });
});

describeOnEachHome('verify --repair', (on) => {
  for (const sql of [
    'UPDATE ledger_count SET events = events + 1',
    'UPDATE ledger_count SET events = events - 1',
    'DELETE FROM ledger_count',
    'UPDATE journal_count SET events = events + 1',
    'DELETE FROM journal_count',
    'UPDATE journal_count SET retained = retained - 1',
    'UPDATE journal_count SET bytes = 0',
    'UPDATE target SET delivery_rows = 7',
    `INSERT INTO cause (target_id, status, text, events) VALUES (1, 'rejected', 'no', 2)`,
  ])
    it(`recounts counters after "${sql}", which status reports, and changes nothing else`, async () => {
      const { home, redrain } = await givenRedrain({ on });
      await redrain.captureMany(envelopes(9));
      await redrain.drain();
      const app = new App({ home, env: on.env(home) });
      closeAfterTest(() => app.close());
      expect(await addsUp(app)).to.deep.equal([true]);
      await on.change(home, sql);
      expect(await addsUp(app)).to.deep.equal([false]);
      const kept = { rows: (statement: string) => on.rows<never>(home, statement) };
      const all = async () => [
        await history(kept),
        await payloads(kept),
        await kept.rows('SELECT * FROM event ORDER BY seq'),
      ];
      const before = await all();
      const report = await verifyAndRepair(app, NO_CONTROL);
      expect(report).to.include({ ok: true, repaired: true });
      expect(await all()).to.deep.equal(before);
      expect(await addsUp(app)).to.deep.equal([true]);
      await on.assertInvariant(home);
      expect(await verifyAndRepair(app, NO_CONTROL)).to.include({ ok: true, repaired: false });
    });
});

async function addsUp(app: App): Promise<boolean[]> {
  const { delivery_ledger: ledger } = await readStatus(app);
  if ('error' in ledger) throw new Error(ledger.error);
  return ledger.per_target.map((target) => target.adds_up);
}
