import type { ArchiveNeeds } from '../../retention/file-checks.js';
import type { JournalDatabase } from '../journal-database.js';
import { storable } from '../text.js';
import * as sql from './verification.sql.js';

interface Counted {
  readonly events: number;
}

/** What the journal needs of archives, on PostgreSQL. */
export const archiveNeeds = (db: JournalDatabase): ArchiveNeeds => ({
  needed: async (archiveId) =>
    (await db.get<Counted>(sql.NEEDED_OF_ARCHIVE, { archiveId }))?.events ?? 0,
  given: async (archiveId, events) => {
    const eventIds = events.map(({ event_id }) => storable(event_id));
    const digests = events.map(({ sha256 }) => Buffer.from(sha256, 'hex'));
    const asked = { archiveId, eventIds, digests };
    return (await db.get<Counted>(sql.GIVEN_TO_ARCHIVE, asked))?.events ?? 0;
  },
  inUse: () => db.all<Counted & { id: string }>(sql.ARCHIVES_IN_USE),
});
