import { Spool } from '../../journal/spool.js';
import { ArchiveDirectory } from '../../retention/archive-directory.js';
import { type Check, runChecks } from '../../retention/checks.js';
import { checkArchives, checkSpool } from '../../retention/file-checks.js';
import type { JobControl } from '../../retention/job-control.js';
import type { Verification, Verified, VerifyRequest } from '../../retention/verification.js';
import type { JournalDatabase } from '../journal-database.js';
import { archiveNeeds } from './archive-needs.js';
import { checkDigests, countEvents } from './digests.js';
import { checkCounters, checkLedger, recountCounters } from './ledger-checks.js';
import { checkReferences, checkSettings, checkTables, checkTriggers } from './schema-checks.js';

/**
 * Verification on PostgreSQL: names what the owner of the tables, or a program with
 * their rights, could have broken. The server does the work; this process waits for it.
 */
export class PostgresVerification implements Verification {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async verify(request: VerifyRequest, control: JobControl): Promise<Verified> {
    const checks = await runChecks(checksOf(this.#db, request, control), request.only);
    return { checks, events: await countEvents(this.#db) };
  }

  recount(): Promise<void> {
    return recountCounters(this.#db);
  }
}

/** In the order of their cost. */
const checksOf = (
  db: JournalDatabase,
  { spoolDir, archiveDir }: VerifyRequest,
  control: JobControl,
): Check[] => [
  { name: 'tables', run: () => checkTables(db) },
  { name: 'triggers', run: () => checkTriggers(db) },
  { name: 'settings', run: () => checkSettings(db) },
  { name: 'counters', run: () => checkCounters(db) },
  { name: 'ledger', run: () => checkLedger(db) },
  { name: 'foreign keys', run: () => checkReferences(db) },
  { name: 'spool', run: () => checkSpool(new Spool(spoolDir)) },
  {
    name: 'archives',
    run: () => checkArchives(archiveNeeds(db), new ArchiveDirectory(archiveDir)),
  },
  { name: 'digests', run: () => checkDigests(db, control) },
];
