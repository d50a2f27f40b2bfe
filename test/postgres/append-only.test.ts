import { expect } from 'chai';
import { GUARDED } from '../../src/postgres/schema/triggers.js';
import { openStores } from '../../src/postgres/stores.js';
import { newEvent } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { postgresJournals } from '../support/postgres-journal.js';

const PURGED = "INSERT INTO purge VALUES (1, 'gc', 1, 'd', NULL)";

const MERGED = `MERGE INTO event e USING event o ON e.seq = o.seq WHEN MATCHED THEN DELETE`;

/** As the owner of the tables: what the first statements lead to, and the last one tries. */
const ATTACKS: [what: string, refusal: RegExp, ...statements: string[]][] = [
  ['an event changed', /immutable/, "UPDATE event SET event_type = 'other'"],
  ['an event deleted', /immutable/, 'DELETE FROM event'],
  ['all events emptied', /immutable/, 'TRUNCATE event'],
  ['all events emptied, with what hangs on them', /immutable/, 'TRUNCATE event CASCADE'],
  ['an event deleted by a merge', /immutable/, MERGED],
  [
    'an event changed by an insert',
    /immutable/,
    "INSERT INTO event SELECT * FROM event ON CONFLICT (seq) DO UPDATE SET event_type = 'other'",
  ],
  ['the head deleted', /kept/, 'DELETE FROM head'],
  ['another journal in its place', /only moves on/, "UPDATE head SET home = 'another'"],
  ['all emptied at once', /immutable|kept/, 'TRUNCATE event, payload, purge, conflict CASCADE'],
  ['bytes changed', /immutable/, "UPDATE payload SET bytes = 'x'"],
  ['bytes deleted without a record', /purge record/, 'DELETE FROM payload'],
  ['bytes emptied', /immutable/, 'TRUNCATE payload'],
  [
    'other bytes put back',
    /do not match/,
    PURGED,
    'DELETE FROM payload',
    "INSERT INTO payload VALUES (1, 'x')",
  ],
  ['bytes of no event', /do not match/, "INSERT INTO payload VALUES (9, 'x')"],
  [
    'redacted bytes put back',
    /cannot come back/,
    "INSERT INTO purge VALUES (1, 'redact', 1, 'd', NULL)",
    'CREATE TEMP TABLE copy AS SELECT * FROM payload',
    'DELETE FROM payload',
    'INSERT INTO payload SELECT * FROM pg_temp.copy',
  ],
  [
    'a purge record taken away',
    /until its payload/,
    PURGED,
    'DELETE FROM payload',
    'DELETE FROM purge',
  ],
  ['a purge record changed', /immutable/, PURGED, "UPDATE purge SET canonical_sha256 = 'x'"],
  ['a conflict deleted', /kept/, 'DELETE FROM conflict'],
  ['the bytes of a conflict changed', /immutable/, "UPDATE conflict SET incoming_bytes = 'x'"],
  ['the bytes of a conflict erased', /immutable/, "UPDATE conflict SET incoming_bytes = ''"],
  ['an audit entry changed', /immutable/, "UPDATE audit SET reason = 'other'"],
  ['an audit entry deleted', /kept/, 'DELETE FROM audit'],
  ['a redaction changed', /immutable/, "UPDATE redaction SET reason = 'other'"],
  ['the head put back', /only moves on/, 'UPDATE head SET seq = 0'],
  [
    'an event of no origin',
    /origin/,
    `INSERT INTO event SELECT 99, 'z', 1, event_type, 99, source,
     NULL, NULL, 1, NULL, NULL, NULL, 1, NULL, sha256, size FROM event WHERE seq = 1`,
  ],
];

describe('what PostgreSQL itself refuses, of anybody:', () => {
  const journals = postgresJournals();

  before(async () => {
    const stores = await openStores(journals.url);
    const other = { bytes: Buffer.from('{"event_id":"a","other":1}') };
    const audit = { action: 'discarded', family: 'f', reason: 'nobody wants it' } as const;
    await stores.journal.append(
      [newEvent('a'), newEvent('a', other), newEvent('b', { audit })],
      'capture',
    );
    await stores.close();
  });

  for (const role of ['origin', 'replica'])
    for (const [what, refusal, ...statements] of ATTACKS)
      it(`${what} (session_replication_role = ${role})`, async () => {
        await journals.owner.query(`BEGIN; SET LOCAL session_replication_role = ${role}`);
        try {
          for (const statement of statements.slice(0, -1)) await journals.owner.query(statement);
          const attack = journals.owner.query(statements.at(-1) ?? '');
          expect(String(await failureOf(attack))).to.match(refusal);
        } finally {
          await journals.owner.query('ROLLBACK');
        }
      });

  it('all of it by triggers that are always enabled', async () => {
    const { rows } = await journals.owner.query(
      `SELECT t.tgname AS name, c.relname AS table FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
       WHERE c.relnamespace = 'redrain'::regnamespace AND t.tgenabled = 'A' AND NOT t.tgisinternal`,
    );
    expect(rows).to.have.deep.members(GUARDED.map(({ name, table }) => ({ name, table })));
  });
});
