import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { SCHEMA_VERSION } from '../../src/sqlite/schema.js';
import { diesBefore } from '../support/dies-before.js';
import { Machine } from '../support/machine.js';
import { givenSecondSchema } from '../support/old-schema.js';
import { rounds } from '../support/rounds.js';
import { WarmCli } from '../support/warm-cli.js';

const EVENTS = rounds(3_000, 1_000_000);
const DIGEST = createHash('sha256').update('{}').digest('hex');

/** Statements of the migration, in their order: a process dies before each. */
const STATEMENTS = [
  'CREATE TABLE "filed"',
  'INSERT INTO filed',
  'CREATE TRIGGER filed_no_return',
  'writable_schema = ON',
  'UPDATE sqlite_schema',
  'PRAGMA schema_version =',
  'writable_schema = OFF',
  'DELETE FROM sqlite_sequence',
  'user_version = 6',
];
const DEATHS = rounds(
  STATEMENTS.filter((_, i) => i % 4 === 1),
  STATEMENTS,
);

/** An early journal: events of three projects, the newest of all purged. */
function fill(db: Database.Database): void {
  db.exec(`
    INSERT INTO origin VALUES (1, 'a', '', ''), (2, 'b', '', ''), (3, 'c', '', '');
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${EVENTS})
    INSERT INTO event (event_id, event_type, origin_id, source, captured_at, carries_id, sha256, size)
    SELECT 'old-' || i, 'T', 1 + i % 3, 'capture', i, 0, x'${DIGEST}', 2 FROM n;
    INSERT INTO payload SELECT seq, x'7b7d' FROM event;
    INSERT INTO purge VALUES (${EVENTS}, 'gc', 5, x'00', NULL);
    DELETE FROM payload WHERE seq = ${EVENTS};
    INSERT INTO mark VALUES (${EVENTS}, 'purged', NULL, 5);
    INSERT INTO live SELECT origin_id, seq FROM event WHERE seq < ${EVENTS} ORDER BY 1, 2;
    INSERT INTO journal_count SELECT e.origin_id, COALESCE(m.class, 'live'), COUNT(*),
      COUNT(p.seq), SUM(CASE WHEN p.seq IS NULL THEN 0 ELSE e.size END)
      FROM event e LEFT JOIN mark m USING (seq) LEFT JOIN payload p USING (seq) GROUP BY 1, 2`);
}

describe('a journal that numbered its events by a counter', function () {
  this.timeout(rounds(120_000, 1_800_000));

  it('is whole after a kill at any statement of the migration, and gives the next number', async () => {
    const cli = new WarmCli();
    const { home, db } = givenSecondSchema(cli.home);
    fill(db);
    db.close();
    const input = (id: string) => JSON.stringify({ event_id: id, event_type: 'T' });
    for (const sql of DEATHS) {
      const killed = await cli.run(['capture'], { stdin: input('new'), env: diesBefore(sql) });
      expect(killed.signal, `${sql}: ${killed.stderr}`).to.equal('SIGKILL');
      expect(schemaOf(home), sql).to.equal(5);
    }
    const machine = new Machine(cli.env, home);
    const redrain = machine.open();
    for (const id of ['new', 'newer']) await redrain.capture({ event_id: id, event_type: 'T' });
    expect(schemaOf(home)).to.equal(SCHEMA_VERSION);
    expect(machine.rows("SELECT seq FROM event WHERE event_id IN ('new', 'newer')")).to.deep.equal([
      { seq: EVENTS + 1 },
      { seq: EVENTS + 2 },
    ]);
    expect(machine.rows('SELECT seq FROM filed')).to.deep.equal([{ seq: EVENTS }]);
    expect(await redrain.verify()).to.include({ ok: true });
    const counts = 'SELECT sum(events) AS events FROM journal_count';
    expect(machine.rows(counts)).to.deep.equal([{ events: EVENTS }]);
  });
});

function schemaOf(home: string): unknown {
  const db = new Database(join(home, 'redrain', 'journal.db'), { readonly: true });
  const found = db.pragma('user_version', { simple: true });
  db.close();
  return found;
}
