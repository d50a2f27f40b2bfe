import Database from 'better-sqlite3';
import { expect } from 'chai';
import { type Core, openCore, row } from '../support/core.js';
import { newEvent } from '../support/events.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** Statements that any other program could run on the file. */
const ATTACKS: [what: string, sql: string][] = [
  ['UPDATE of the id', `UPDATE event SET event_id = 'x'`],
  ['UPDATE of the revision', 'UPDATE event SET revision = 2'],
  ['UPDATE of the type', `UPDATE event SET event_type = 'x'`],
  ['UPDATE of the project', 'UPDATE event SET origin_id = origin_id'],
  ['UPDATE of the digest', `UPDATE event SET sha256 = x'00'`],
  ['UPDATE of the bytes', `UPDATE payload SET bytes = x'00'`],
  ['DELETE of the event', 'DELETE FROM event'],
  ['DELETE of the bytes', 'DELETE FROM payload'],
  [
    'REPLACE of the event',
    `REPLACE INTO event SELECT seq, event_id, revision, 'x', origin_id, source, event_time,
       occurred_at, captured_at, producer_user, producer_team, drain_blocked_reason, carries_id,
       undeliverable, sha256, size FROM event`,
  ],
  [
    'REPLACE of the event under a new sequence number',
    `REPLACE INTO event SELECT seq + 100, event_id, revision, 'x', origin_id, source, event_time,
       occurred_at, captured_at, producer_user, producer_team, drain_blocked_reason, carries_id,
       undeliverable, sha256, size FROM event`,
  ],
  ['REPLACE of the bytes', `REPLACE INTO payload SELECT seq, x'00' FROM payload`],
  [
    'UPSERT of the bytes',
    `INSERT INTO payload SELECT seq, x'00' FROM payload WHERE true
     ON CONFLICT (seq) DO UPDATE SET bytes = x'00'`,
  ],
];

describe('a journal row', () => {
  for (const [what, sql] of ATTACKS) {
    it(`withstands ${what} from a raw connection`, async () => {
      const core = await givenOneEvent();
      const before = stored(core);
      const raw = rawConnection(core);
      expect(() => raw.exec(sql)).to.throw(/immutable|exist|redrain_sha256|only behind/);
      expect(stored(core)).to.deep.equal(before);
    });
  }

  it('withstands recursive triggers switched off and foreign keys switched off', async () => {
    const core = await givenOneEvent();
    const raw = rawConnection(core);
    raw.pragma('foreign_keys = OFF');
    raw.pragma('recursive_triggers = OFF');
    for (const [, sql] of ATTACKS) expect(() => raw.exec(sql)).to.throw();
  });

  it('takes back purged bytes only when they are the very same', async () => {
    const core = await givenOneEvent();
    const { seq, bytes } = row<{ seq: number; bytes: Buffer }>(
      core,
      'SELECT seq, bytes FROM payload',
    );
    await core.db.write((db) => {
      db.prepare(
        `INSERT INTO purge (seq, kind, at, canonical_sha256) VALUES (?, 'gc', 1, x'00')`,
      ).run(seq);
      db.prepare('DELETE FROM payload WHERE seq = ?').run(seq);
    });
    const insert = (content: Buffer) =>
      core.db.write((db) => db.prepare('INSERT INTO payload VALUES (?, ?)').run(seq, content));
    const forged = Buffer.from(bytes);
    forged[5] = 0x58;
    expect(await insert(forged).catch((error: Error) => error.message)).to.contain('do not match');
    await insert(bytes);
    expect(row<{ bytes: Buffer }>(core, 'SELECT bytes FROM payload').bytes.equals(bytes)).to.equal(
      true,
    );
  });

  it('never takes back redacted bytes', async () => {
    const core = await givenOneEvent();
    const { seq, bytes } = row<{ seq: number; bytes: Buffer }>(
      core,
      'SELECT seq, bytes FROM payload',
    );
    await core.db.write((db) => {
      db.prepare(
        `INSERT INTO purge (seq, kind, at, canonical_sha256) VALUES (?, 'redact', 1, x'00')`,
      ).run(seq);
      db.prepare('DELETE FROM payload WHERE seq = ?').run(seq);
    });
    const back = core.db.write((db) =>
      db.prepare('INSERT INTO payload VALUES (?, ?)').run(seq, bytes),
    );
    expect(await back.catch((error: Error) => error.message)).to.contain('cannot come back');
  });
});

async function givenOneEvent(): Promise<Core> {
  const core = await openCore();
  await core.journal.append([newEvent('only')], 'capture');
  return core;
}

function rawConnection(core: Core): Database.Database {
  const raw = new Database(core.file);
  closeAfterTest(() => raw.close());
  return raw;
}

function stored(core: Core): unknown {
  return row(core, 'SELECT * FROM event JOIN payload USING (seq)');
}
