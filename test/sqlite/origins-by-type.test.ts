import { hash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { expect } from 'chai';
import { checkCounters, checkLedger } from '../../src/sqlite/verification/ledger-checks.js';
import { checkTables, checkTriggers } from '../../src/sqlite/verification/schema-checks.js';
import { beginPass, claim, SUCCESS, seqsOf, settle } from '../ledger/hand-drain.js';
import { openCore, rows } from '../support/core.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { givenSecondSchema } from '../support/old-schema.js';

/** Of events 1 to 12 each third is `Minor`, the others are `Major`; those of `q` are all `Minor`. */
const typeOf = (seq: number): string => (seq > 9 || seq % 3 === 0 ? 'Minor' : 'Major');
const originOf = (seq: number): number => (seq > 9 ? 2 : 1);
const BYTES = Buffer.from('{}');

function given(db: Database.Database): void {
  db.exec(`INSERT INTO origin VALUES (1, 'p', '', ''), (2, 'q', '', '')`);
  const event = db.prepare(`INSERT INTO event (event_id, event_type, origin_id, source, captured_at,
    carries_id, sha256, size) VALUES (?, ?, ?, 'capture', ?, 1, ?, ?)`);
  for (let seq = 1; seq <= 12; seq += 1) {
    event.run(`e${seq}`, typeOf(seq), originOf(seq), seq, hash('sha256', BYTES, 'buffer'), 2);
    db.prepare('INSERT INTO payload VALUES (?, ?)').run(seq, BYTES);
    if (seq !== 3) db.prepare('INSERT INTO live VALUES (?, ?)').run(originOf(seq), seq);
  }
  // Delivered up to 5, one rejected, one purged, one to be tried again.
  db.exec(`
    INSERT INTO purge VALUES (3, 'gc', 5, x'00', NULL); DELETE FROM payload WHERE seq = 3;
    INSERT INTO mark VALUES (3, 'purged', NULL, 5);
    INSERT INTO target (url_hash, team_slug, user_email, kind, canonical_url, raw_endpoint, label, settings, created_at, delivery_rows)
    VALUES ('a', 't', 'u', 'external', 'https://Hooks.example:8443/in', 'x', 'Our Hooks', '{}', 1, 6),
      ('b', 't', 'u', 'external', 'https://hooks.example:8443/other', 'x', NULL, '{}', 1, 0),
      ('c', 'team', 'u', 'teamspace', 'https://x.example', 'x', NULL, '{}', 1, 0),
      ('d', '', '', 'stub', 'stub:', 'x', 'billing', '{}', 1, 0);
    INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count, completed_at)
    SELECT 1, seq, 'success', 1, 0, 1 FROM event WHERE seq <= 5;
    INSERT INTO delivery (target_id, seq, status, attempt_count, rejection_count, last_error)
    VALUES (1, 6, 'rejected', 1, 1, 'no');
    INSERT INTO cause VALUES (1, 'rejected', 'no', 1);
    INSERT INTO todo VALUES (1, 6, 1, 0, 0, 'any', 0);
    INSERT INTO lane VALUES (1, 1, 6);
    INSERT INTO journal_count VALUES (1, 'live', 8, 8, 16), (1, 'purged', 1, 0, 0), (2, 'live', 3, 3, 6);
    INSERT INTO ledger_count VALUES (1, 1, 'live', 'success', 4), (1, 1, 'purged', 'success', 1),
      (1, 1, 'live', 'rejected', 1)`);
}

describe('a journal whose origins know no types', () => {
  it('gets them: counters, lanes and retries follow, and nothing is sent twice', async () => {
    const { home, db } = givenSecondSchema();
    given(db);
    db.close();
    const core = await openCore(home);
    assertLedgerInvariant(core);
    for (const check of [checkTables, checkTriggers, checkCounters, checkLedger])
      expect(check(core.db).problems).to.deep.equal([]);
    expect(rows(core, 'SELECT id, project_uuid AS p, event_type AS t FROM origin')).to.deep.equal([
      { id: 1, p: 'p', t: 'Major' },
      { id: 2, p: 'q', t: 'Minor' },
      { id: 3, p: 'p', t: 'Minor' },
    ]);
    expect(
      rows(
        core,
        'SELECT seq FROM event WHERE origin_id <> CASE WHEN seq > 9 THEN 2 WHEN seq % 3 THEN 1 ELSE 3 END',
      ),
    ).to.deep.equal([]);
    const pass = await beginPass(core);
    const first = await claim(core, pass);
    expect(seqsOf(first)).to.deep.equal([6, 7, 8, 9, 10, 11, 12]);
    if (first) await settle(core, pass, first, SUCCESS);
    assertLedgerInvariant(core);
  });

  it('gives every target a name: its label where that can be one, else its team or host', async () => {
    const { home, db } = givenSecondSchema();
    given(db);
    db.close();
    const core = await openCore(home);
    expect((await core.targets.list()).map(({ name }) => name)).to.deep.equal([
      'hooks.example-8443',
      'hooks.example-8443-2',
      'team',
      'billing',
    ]);
  });
});
