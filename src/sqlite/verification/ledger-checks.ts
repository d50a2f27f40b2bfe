import { step } from '../../base/steps.js';
import type { CountedRow } from '../../retention/census.js';
import { compareCounters } from '../../retention/counter-checks.js';
import { type Finding, Findings } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import { recountCauses } from '../ledger/causes.js';
import * as sql from './verification.sql.js';

const CONTRADICTIONS = [
  sql.FORGOTTEN,
  sql.WRONG_TODOS,
  sql.DEAD_TODOS,
  sql.EARLY_TODOS,
  sql.DEAD_FLIGHTS,
];

/** Deliveries, todos and flights agree with each other and with the lanes (the invariant of docs/design.md). */
export function checkLedger(db: JournalDatabase): Finding {
  const findings = new Findings('ledger');
  db.read((raw) => {
    const names = raw.prepare('SELECT name FROM target WHERE id = ?').pluck();
    const nameOf = (id: number) => String(names.get(id) ?? `target ${id}`);
    for (const query of CONTRADICTIONS)
      for (const row of raw.prepare(query).iterate() as Iterable<{
        targetId: number;
        seq: number;
        problem: string;
      }>)
        findings.problem(`${nameOf(row.targetId)}, event number ${row.seq}: ${row.problem}`);
  });
  return findings.finding;
}

/** Every counter equals a recount, both from one snapshot. Memory grows with counters, not with events. */
export function checkCounters(db: JournalDatabase): Finding {
  const findings = new Findings('counters');
  db.read((raw) => {
    for (const { name, counted, real } of sql.COUNTERS)
      compareCounters(
        name,
        raw.prepare(counted).all() as CountedRow[],
        raw.prepare(real).all() as CountedRow[],
        findings,
      );
  });
  return findings.finding;
}

/** Replaces the counters by a recount, in one transaction; changes nothing else. */
export async function recountCounters(db: JournalDatabase): Promise<void> {
  await db.write((raw) => {
    for (const statement of sql.RECOUNT) raw.prepare(statement).run();
    recountCauses(db);
  });
  step('verify.counters-repaired');
}
