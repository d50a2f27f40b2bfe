import { UnknownEventError } from '../journal/unknown-event.js';
import { ArchiveDirectory } from '../retention/archive-directory.js';
import { previewRedaction, type RedactionReport, redactEvent } from '../retention/redacting.js';
import type { App } from './app.js';
import { withRetentionLock } from './retention-lock.js';

export interface RedactReport extends RedactionReport {
  readonly dry_run: boolean;
}

/**
 * Where the bytes of an event are that `redact` would erase. Changes nothing.
 *
 * @throws UnknownEventError
 */
export function previewRedact(app: App, eventId: string): RedactReport {
  const stores = app.readStores();
  if (stores === undefined) throw new UnknownEventError(eventId);
  try {
    const directory = new ArchiveDirectory(app.paths.archiveDir);
    const report = previewRedaction(stores.db, directory, eventId);
    return { dry_run: true, ...withSpool(app, report) };
  } finally {
    stores.db.close();
  }
}

/**
 * Erases the bytes of one event, delivered or not. What waits in the spool is
 * taken in first, so that no copy of it comes after.
 *
 * @throws UnknownEventError
 */
export async function runRedact(
  app: App,
  eventId: string,
  reason: string,
  signal: AbortSignal,
): Promise<RedactReport> {
  const { db } = await app.stores();
  await app.ingestSpool();
  const directory = new ArchiveDirectory(app.paths.archiveDir);
  const report = await withRetentionLock(app, signal, () =>
    redactEvent(db, directory, eventId, { reason, now: app.now() }),
  );
  return { dry_run: false, ...withSpool(app, report) };
}

/** Files that were only partly readable are kept for people, and nobody knows what is in them. */
function withSpool(app: App, report: RedactionReport): RedactionReport {
  const torn = app.spool
    .tornFiles()
    .map((name) => `spool/${name}: look whether the event is in it`);
  return { ...report, remains: [...report.remains, ...torn] };
}
