import { StorageUnavailableError } from '../files/storage-errors.js';
import { plainMessage } from '../files/trouble.js';
import { spooledStory } from '../reports/spooled-story.js';
import type { EventStory } from '../reports/story.js';
import { eventStory } from '../sqlite/reports/event-story.js';
import type { App } from './app.js';
import type { Stores } from './stores.js';

/**
 * Everything this home knows of an event id, wherever its bytes are: in the
 * journal, in the spool, or in the audit log alone. Undefined when it is in
 * none of them. Changes nothing.
 *
 * @throws StorageUnavailableError when the journal cannot be read and the spool has nothing.
 */
export async function inspectEvent(app: App, eventId: string): Promise<EventStory | undefined> {
  const { spooled, spool_error } = inSpool(app, eventId);
  let stores: Stores | undefined;
  try {
    stores = app.readStores();
    const story = stores && eventStory(stores.db, await stores.targets.list(), eventId);
    const audit = stores === undefined ? [] : await stores.audit.ofEvent(eventId);
    if (story !== undefined) return { ...story, spooled, spool_error, audit };
    if (spooled.length === 0 && audit.length === 0) return undefined;
    return { ...ofNoRevision(eventId), spooled, spool_error, audit };
  } catch (error) {
    if (!(error instanceof StorageUnavailableError) || spooled.length === 0) throw error;
    return { ...ofNoRevision(eventId), spooled, spool_error, audit: [] };
  } finally {
    stores?.db.close();
  }
}

function inSpool(app: App, eventId: string): Pick<EventStory, 'spooled' | 'spool_error'> {
  try {
    return { spooled: app.spool.find(eventId).map(spooledStory), spool_error: null };
  } catch (error) {
    return { spooled: [], spool_error: plainMessage(error) };
  }
}

const ofNoRevision = (event_id: string) => ({
  event_id,
  revisions: [],
  conflicts: [],
  redaction: null,
  timeline: [],
});
