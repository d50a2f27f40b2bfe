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

interface Contradiction {
  readonly targetId: number;
  readonly seq: number;
  readonly problem: string;
}

/** Deliveries, todos and flights agree with each other and with the lanes (the invariant of docs/design.md). */
export function checkLedger(db: JournalDatabase): Promise<Finding> {
  return db.read(async (queries) => {
    const findings = new Findings('ledger');
    const targets = await queries.all<{ id: number; name: string }>(sql.TARGET_NAMES);
    const names = new Map(targets.map(({ id, name }) => [id, name]));
    for (const query of CONTRADICTIONS)
      for (const { targetId, seq, problem } of await queries.all<Contradiction>(query))
        findings.problem(
          `${names.get(targetId) ?? `target ${targetId}`}, event number ${seq}: ${problem}`,
        );
    return findings.finding;
  });
}

/** Every counter equals a recount, both from one snapshot. Memory grows with counters, not with events. */
export function checkCounters(db: JournalDatabase): Promise<Finding> {
  return db.read(async (queries) => {
    const findings = new Findings('counters');
    for (const { name, counted, real } of sql.COUNTERS)
      compareCounters(
        name,
        await queries.all<CountedRow>(counted),
        await queries.all<CountedRow>(real),
        findings,
      );
    return findings.finding;
  });
}

/** Replaces the counters by a recount, in one transaction; changes nothing else. */
export async function recountCounters(db: JournalDatabase): Promise<void> {
  await db.write(['journal', 'classes'], async (tx) => {
    for (const statement of sql.RECOUNT) await tx.run(statement);
    await recountCauses(tx);
  });
  step('verify.counters-repaired');
}
