import { StorageUnavailableError } from '../files/storage-errors.js';
import { plainMessage } from '../files/trouble.js';
import { spooledStory } from '../reports/spooled-story.js';
import type { EventStory } from '../reports/story.js';
import type { Stores } from '../stores.js';
import type { App } from './app.js';

/**
 * Everything this home knows of an event id, wherever its bytes are: in the
 * journal, in the spool, or in the audit log alone. Undefined when it is in
 * none of them. Changes nothing.
 *
 * @throws StorageUnavailableError when the journal cannot be read and the spool has nothing.
 */
export async function inspectEvent(app: App, eventId: string): Promise<EventStory | undefined> {
  const spool = inSpool(app, eventId);
  try {
    return await app.readingStores((stores) => storyOf(stores, spool, eventId));
  } catch (error) {
    if (!(error instanceof StorageUnavailableError) || spool.spooled.length === 0) throw error;
    return { ...ofNoRevision(eventId), ...spool, audit: [] };
  }
}

type SpoolStory = Pick<EventStory, 'spooled' | 'spool_error'>;

async function storyOf(
  stores: Stores | undefined,
  spool: SpoolStory,
  eventId: string,
): Promise<EventStory | undefined> {
  const story = await stores?.reports.eventStory(eventId, await stores.targets.list());
  const audit = (await stores?.audit.ofEvent(eventId)) ?? [];
  if (story !== undefined) return { ...story, ...spool, audit };
  if (spool.spooled.length === 0 && audit.length === 0) return undefined;
  return { ...ofNoRevision(eventId), ...spool, audit };
}

function inSpool(app: App, eventId: string): SpoolStory {
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
