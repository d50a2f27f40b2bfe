import type { JournalDatabase } from '../storage/journal-database.js';
import type { ArchiveDirectory } from './archive-directory.js';
import { manifestName } from './archive-manifest.js';
import { archivesWith, redactInArchive } from './archive-redaction.js';
import { overwriteDeleted, truncateLog } from './maintenance.js';
import { SqliteRedaction, type Traces } from './sqlite-redaction.js';
import { SqliteRetention } from './sqlite-retention.js';

/** What a redaction erased, or would, and what it cannot reach. */
export interface RedactionReport {
  readonly event_id: string;
  /** Journal rows whose bytes go, and those whose bytes had gone before. */
  readonly revisions: number;
  readonly bytes: number;
  /** Copies in conflict records and in the audit log. */
  readonly conflict_copies: number;
  readonly audit_copies: number;
  /** Archives written again without it. */
  readonly archives: readonly string[];
  /** The reason of an earlier redaction, which stays the one on record. */
  readonly earlier_reason: string | null;
  /** Where the event may be known: redrain cannot take it back from there. */
  readonly seen_by: Traces['seenBy'];
  /** What may still hold its bytes, one line each. */
  readonly remains: readonly string[];
}

/** Reads what a redaction would do. */
export function previewRedaction(
  db: JournalDatabase,
  directory: ArchiveDirectory,
  eventId: string,
): RedactionReport {
  const traces = new SqliteRedaction(db).traces(eventId);
  return report(eventId, traces, archivesWith(directory, seqsOf(traces)), []);
}

/**
 * Erases the bytes of an event id from journal, conflict records, audit log
 * and archives, and overwrites them in the database file. The record comes
 * first, so a kill anywhere is followed by a second run that ends the work.
 */
export async function redactEvent(
  db: JournalDatabase,
  directory: ArchiveDirectory,
  eventId: string,
  { reason, now }: { reason: string; now: number },
): Promise<RedactionReport> {
  await overwriteDeleted(db);
  const traces = await new SqliteRedaction(db).redact(eventId, reason, now);
  const found = archivesWith(directory, seqsOf(traces));
  const rewritten: typeof found.holding = [];
  for (const manifest of found.holding) {
    const path = directory.pathOf(manifestName(manifest.id));
    if (await redactInArchive(directory, manifest, eventId, path)) rewritten.push(manifest);
  }
  // Also what an earlier run was killed before removing.
  const retention = new SqliteRetention(db);
  directory.removeLeftovers((id) => retention.needsArchive(id));
  const emptied = await truncateLog(db);
  const remains = emptied
    ? []
    : [
        'journal.db-wal: another process reads the journal; run the command again when it has ended',
      ];
  return report(eventId, traces, { ...found, holding: rewritten }, remains);
}

function seqsOf(traces: Traces): number[] {
  return traces.revisions.map(({ seq }) => seq);
}

function report(
  eventId: string,
  traces: Traces,
  archives: ReturnType<typeof archivesWith>,
  remains: readonly string[],
): RedactionReport {
  const { revisions } = traces;
  const imported = revisions.some(({ source }) => source === 'import');
  return {
    event_id: eventId,
    revisions: revisions.length,
    bytes: revisions.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0),
    conflict_copies: traces.conflicts,
    audit_copies: traces.audits,
    archives: archives.holding.map(({ id }) => id),
    earlier_reason: traces.earlier?.reason ?? null,
    seen_by: traces.seenBy,
    remains: [
      ...remains,
      ...archives.unreadable.map((path) => `${path}: this archive cannot be read`),
      ...(imported ? ['the old queue file it was imported from, which redrain never changes'] : []),
    ],
  };
}
