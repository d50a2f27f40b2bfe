import type { NewEvent } from '../../journal/new-event.js';
import { storable } from '../text.js';

/**
 * An event whose facts can be stored: a payload may name a NUL, in a project or a
 * time, and text of PostgreSQL has none. The bytes stay what they are.
 */
export function storableEvent(event: NewEvent): NewEvent {
  const { origin } = event;
  const facts = [
    event.eventId,
    event.eventType,
    event.timestamp,
    event.producerUser,
    event.producerTeam,
    event.undeliverable,
    event.coalesceKey,
    origin.projectUuid,
    origin.repoSlug,
    origin.checkout,
  ];
  if (!facts.some((fact) => fact?.includes('\0'))) return event;
  return {
    ...event,
    eventId: storable(event.eventId),
    eventType: storable(event.eventType),
    timestamp: storable(event.timestamp),
    producerUser: storable(event.producerUser),
    producerTeam: storable(event.producerTeam),
    undeliverable: storable(event.undeliverable),
    coalesceKey: storable(event.coalesceKey),
    origin: {
      projectUuid: storable(origin.projectUuid),
      repoSlug: storable(origin.repoSlug),
      checkout: storable(origin.checkout),
    },
  };
}
