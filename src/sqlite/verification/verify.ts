import { plainMessage } from '../../files/trouble.js';
import type { Spool } from '../../journal/spool.js';
import type { ArchiveDirectory } from '../../retention/archive-directory.js';
import type { JobControl } from '../../retention/job-control.js';
import { type Finding, Findings, type Verified } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import { checkDigests } from './digests.js';
import { checkArchives, checkSpool } from './file-checks.js';
import { checkCounters, checkLedger } from './ledger-checks.js';
import { checkIntegrity, checkReferences, checkTables, checkTriggers } from './schema-checks.js';
import * as sql from './verification.sql.js';

export interface VerifySubject {
  readonly db: JournalDatabase;
  readonly spool: Spool;
  readonly directory: ArchiveDirectory;
}

type Check = (
  subject: VerifySubject,
  control: JobControl,
) => Finding | Finding[] | Promise<Finding | Finding[]>;

/** By name, in the order of their cost. */
const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['tables', ({ db }) => checkTables(db)],
  ['triggers', ({ db }) => checkTriggers(db)],
  ['counters', ({ db }) => checkCounters(db)],
  ['ledger', ({ db }) => checkLedger(db)],
  ['foreign keys', ({ db }) => checkReferences(db)],
  ['spool', ({ spool }) => checkSpool(spool)],
  ['archives', ({ db, directory }) => checkArchives(db, directory)],
  ['digests', ({ db }, control) => checkDigests(db, control)],
  ['integrity', ({ db }) => checkIntegrity(db)],
];

/**
 * Every check, or those that are named. Changes nothing; blocks no writer. Each
 * rests on one snapshot of the journal, and what other processes may change
 * beside it is looked at again before it is called wrong.
 */
export async function verifyAll(
  subject: VerifySubject,
  control: JobControl,
  only?: readonly string[],
): Promise<Verified> {
  const checks: Finding[] = [];
  for (const [name, check] of CHECKS)
    if (only === undefined || only.includes(name))
      checks.push(...[await guarded(name, () => check(subject, control))].flat());
  return { checks, events: countEvents(subject.db) };
}

function countEvents(db: JournalDatabase): number {
  try {
    return (db.statement(sql.HEAD).get() as { events: number }).events;
  } catch {
    // A file that cannot be read to its end: the checks say so.
    return 0;
  }
}

/** A check that cannot be made does not hold: a damaged file must not end the others. */
async function guarded(
  name: string,
  check: () => Finding | Finding[] | Promise<Finding | Finding[]>,
): Promise<Finding | Finding[]> {
  try {
    return await check();
  } catch (error) {
    const findings = new Findings(name);
    findings.problem(`could not be checked: ${plainMessage(error)}`);
    return findings.finding;
  }
}
