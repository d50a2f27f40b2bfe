import type { Spool } from '../../journal/spool.js';
import type { JournalDatabase } from '../../storage/journal-database.js';
import type { ArchiveDirectory } from '../archive-directory.js';
import type { Course } from '../collecting.js';
import { checkDigests } from './digests.js';
import { checkArchives, checkSpool } from './file-checks.js';
import { type Finding, Findings } from './finding.js';
import { checkCounters, checkLedger } from './ledger-checks.js';
import { checkIntegrity, checkReferences, checkTables, checkTriggers } from './schema-checks.js';

export interface VerifySubject {
  readonly db: JournalDatabase;
  readonly spool: Spool;
  readonly directory: ArchiveDirectory;
}

/** Every check of SPEC section 9, in the order of their cost. Changes nothing; blocks no writer. */
export async function verifyAll(subject: VerifySubject, course: Course): Promise<Finding[]> {
  const { db, spool, directory } = subject;
  return [
    await guarded('tables', () => checkTables(db)),
    await guarded('triggers', () => checkTriggers(db)),
    await guarded('counters', () => checkCounters(db)),
    await guarded('ledger', () => checkLedger(db)),
    await guarded('foreign keys', () => checkReferences(db)),
    await guarded('spool', () => checkSpool(spool)),
    await guarded('archives', () => checkArchives(db, directory)),
    await guarded('digests', () => checkDigests(db, course)),
    await guarded('integrity', () => checkIntegrity(db)),
  ].flat();
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
    findings.problem(`could not be checked: ${(error as Error).message}`);
    return findings.finding;
  }
}
