import { hash } from 'node:crypto';
import type { NewEvent } from '../../src/journal/new-event.js';

/** An event ready for the journal; the bytes are a real envelope with this id. */
export function newEvent(eventId: string, more: Partial<NewEvent> = {}): NewEvent {
  const projectUuid = more.origin?.projectUuid ?? null;
  const envelope = {
    event_id: eventId,
    event_type: 'WPStatusChanged',
    ...(projectUuid === null ? {} : { project_uuid: projectUuid }),
  };
  const bytes = more.bytes ?? Buffer.from(JSON.stringify(envelope));
  return {
    eventId,
    eventType: 'WPStatusChanged',
    bytes,
    sha256: hash('sha256', bytes, 'buffer'),
    carriesId: true,
    timestamp: null,
    occurredAt: null,
    capturedAt: 1_000,
    origin: { projectUuid: null, repoSlug: null, checkout: null },
    producerUser: null,
    producerTeam: null,
    blockedReason: null,
    undeliverable: null,
    coalesceKey: null,
    audit: null,
    ...more,
  };
}

/** `count` events with ids `PREFIX-0001`… */
export function newEvents(count: number, prefix = 'e', more: Partial<NewEvent> = {}): NewEvent[] {
  return Array.from({ length: count }, (_, i) =>
    newEvent(`${prefix}-${String(i + 1).padStart(6, '0')}`, more),
  );
}

export function inProject(projectUuid: string): Partial<NewEvent> {
  return { origin: { projectUuid, repoSlug: null, checkout: null } };
}
