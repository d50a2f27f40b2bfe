import type { Spool } from '../../journal/spool.js';
import type { ArchiveDirectory } from '../../retention/archive-directory.js';
import { type Check, runChecks } from '../../retention/checks.js';
import { checkArchives, checkSpool } from '../../retention/file-checks.js';
import type { JobControl } from '../../retention/job-control.js';
import type { Verified, VerifyRequest } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import { archiveNeeds } from './archive-needs.js';
import { checkDigests } from './digests.js';
import { checkCounters, checkLedger } from './ledger-checks.js';
import { LAST_CHECK, partOf, type VerifyPart } from './parts.js';
import { checkIntegrity, checkReferences, checkTables, checkTriggers } from './schema-checks.js';
import * as sql from './verification.sql.js';

export interface VerifySubject {
  readonly db: JournalDatabase;
  readonly spool: Spool;
  readonly directory: ArchiveDirectory;
}

/** In the order of their cost. */
const checksOf = ({ db, spool, directory }: VerifySubject, control: JobControl): Check[] => [
  { name: 'tables', run: () => checkTables(db) },
  { name: 'triggers', run: () => checkTriggers(db) },
  { name: 'counters', run: () => checkCounters(db) },
  { name: 'ledger', run: () => checkLedger(db) },
  { name: 'foreign keys', run: () => checkReferences(db) },
  { name: 'spool', run: () => checkSpool(spool) },
  { name: 'archives', run: () => checkArchives(archiveNeeds(db), directory) },
  { name: 'digests', run: () => checkDigests(db, control) },
  { name: LAST_CHECK, run: () => checkIntegrity(db) },
];

/**
 * Every check, those of one part, or those that are named. Changes nothing; blocks no writer. Each
 * rests on one snapshot of the journal, and what other processes may change
 * beside it is looked at again before it is called wrong.
 */
export async function verifyAll(
  subject: VerifySubject,
  control: JobControl,
  { part, only }: Pick<VerifyRequest, 'only'> & { readonly part?: VerifyPart } = {},
): Promise<Verified> {
  const wanted = checksOf(subject, control).filter(
    ({ name }) => part === undefined || partOf(name) === part,
  );
  const checks = await runChecks(wanted, only);
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
