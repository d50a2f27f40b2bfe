import type { ArchiveNeeds } from '../../retention/file-checks.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './verification.sql.js';

interface Counted {
  readonly events: number;
}

/** What the journal needs of archives, on SQLite. */
export const archiveNeeds = (db: JournalDatabase): ArchiveNeeds => ({
  needed: async (archiveId) =>
    (db.statement(sql.NEEDED_OF_ARCHIVE).get(archiveId) as Counted).events,
  given: async (archiveId, events) => {
    const given = db.statement<[string, Buffer, string]>(sql.GIVEN_TO_ARCHIVE);
    return events.filter(
      ({ event_id, sha256 }) =>
        given.get(event_id, Buffer.from(sha256, 'hex'), archiveId) !== undefined,
    ).length;
  },
  inUse: async () => db.statement(sql.ARCHIVES_IN_USE).all() as (Counted & { id: string })[],
});
