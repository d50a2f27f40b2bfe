import { hash } from 'node:crypto';
import type { NewEvent } from '../journal/new-event.js';
import type { ArchiveRecord } from './archive-record.js';

/**
 * A record of an archive as an event that this journal never had, bytes and
 * facts as they were captured. Undefined when a column is not what an archive
 * of redrain has.
 */
export function addedEvent(record: ArchiveRecord): NewEvent | undefined {
  const { columns, bytes, event_id } = record;
  const { event_type, captured_at, carries_id } = columns;
  if (bytes === null || typeof event_type !== 'string' || !Number.isFinite(captured_at))
    return undefined;
  return {
    eventId: event_id,
    eventType: event_type,
    bytes,
    sha256: hash('sha256', bytes, 'buffer'),
    carriesId: carries_id === 1,
    timestamp: textOf(columns.event_time),
    occurredAt: Number.isFinite(columns.occurred_at) ? (columns.occurred_at as number) : null,
    capturedAt: captured_at as number,
    origin: {
      projectUuid: textOf(columns.project_uuid),
      repoSlug: textOf(columns.repo_slug),
      checkout: textOf(columns.checkout),
    },
    producerUser: textOf(columns.producer_user),
    producerTeam: textOf(columns.producer_team),
    blockedReason: textOf(columns.drain_blocked_reason),
    undeliverable: textOf(columns.undeliverable),
    coalesceKey: null,
    audit: null,
  };
}

/** The journal stores "none" of an origin as an empty text. */
const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;
