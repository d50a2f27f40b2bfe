import { UnknownEventError } from '../journal/unknown-event.js';
import { ArchiveDirectory } from '../retention/archive-directory.js';
import {
  nothingErased,
  previewRedaction,
  type RedactionReport,
  type RedactionScene,
  redactEvent,
} from '../retention/redacting.js';
import type { Stores } from '../stores.js';
import type { App } from './app.js';
import { scratchPlace, spoolPlace } from './redaction/files-place.js';
import { jobsPlace } from './redaction/jobs-place.js';
import { sinksPlace } from './redaction/sinks-place.js';
import { withRetentionLock } from './retention-lock.js';

export interface RedactReport extends RedactionReport {
  readonly dry_run: boolean;
}

/**
 * Where the bytes of an event are that `redact` would erase. Changes nothing.
 *
 * @throws UnknownEventError
 */
export async function previewRedact(app: App, eventId: string): Promise<RedactReport> {
  return app.readingStores(async (stores) => {
    if (stores === undefined) return previewInSpool(app, eventId);
    try {
      return { dry_run: true, ...(await previewRedaction(sceneOf(app, stores), eventId)) };
    } catch (error) {
      if (error instanceof UnknownEventError) return previewInSpool(app, eventId);
      throw error;
    }
  });
}

/** An event that only the spool has is not unknown: `redact` takes it in first. */
function previewInSpool(app: App, eventId: string): RedactReport {
  const waiting = app.spool.find(eventId);
  if (waiting.length === 0) throw new UnknownEventError(eventId);
  return {
    dry_run: true,
    ...nothingErased(eventId),
    bytes: waiting.reduce((sum, { event }) => sum + event.bytes.length, 0),
    elsewhere: [{ place: 'spool', copies: waiting.length }],
  };
}

/**
 * Erases the bytes of one event, delivered or not, from every place of the
 * home. What waits in the spool is taken in first: the journal keeps the
 * digest, and so knows the event when it comes again.
 *
 * @throws UnknownEventError
 */
export async function runRedact(
  app: App,
  eventId: string,
  reason: string,
  signal: AbortSignal,
): Promise<RedactReport> {
  return app.writing(async ({ stores }) => {
    // A file that cannot be taken in must not keep this one event from going.
    await app.ingestSpool().catch(() => undefined);
    const report = await withRetentionLock(app, signal, () =>
      redactEvent(sceneOf(app, stores), eventId, { reason, now: app.now() }),
    );
    return { dry_run: false, ...report };
  });
}

/** The journal, its archives, and every other place of the home that may hold bytes of events. */
function sceneOf(app: App, { redaction, retention, space }: Stores): RedactionScene {
  return {
    redaction,
    retention,
    space,
    directory: new ArchiveDirectory(app.paths.archiveDir),
    places: [jobsPlace(app), sinksPlace(app), spoolPlace(app), scratchPlace(app)],
    env: app.env,
  };
}
