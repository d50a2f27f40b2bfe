import { isUtf8 } from 'node:buffer';
import type { NewEvent } from '../../journal/new-event.js';
import { type PayloadFacts, payloadFacts } from '../../journal/payload-facts.js';
import type { ScopeParts } from '../scope.js';
import type { QueueRow, RowIdentity } from './queue-row.js';

/** A row ready for the journal, with what its provenance keeps. */
export interface QueuedEvent {
  readonly event: NewEvent;
  readonly enqueuedAt: bigint | null;
  readonly retryCount: bigint | null;
  /** Odd things that keep nothing from being imported, or null. */
  readonly warning: string | null;
  /** Why it will not be sent, or not everywhere, or null. */
  readonly flag: string | null;
  /** False when a damaged page could have made it up. */
  readonly vouchesForItself: boolean;
}

/** The last second of the year 9999: later ones are not times. */
const LAST_SECOND = 253_402_300_799n;

/** Turns one old row into an event: exact bytes, the column's id, times as far as they are usable. */
export function queuedEvent(
  row: QueueRow,
  identity: RowIdentity,
  owner: ScopeParts | null,
  now: number,
): QueuedEvent {
  const facts = payloadFacts(row.data, identity.eventId);
  const enqueuedAt = secondsOf(row.timestamp);
  return {
    event: newEvent(
      row,
      identity,
      facts,
      owner,
      enqueuedAt === null ? now : Number(enqueuedAt) * 1000,
    ),
    enqueuedAt,
    retryCount: integerOf(row.retryCount),
    warning: joined(
      enqueuedAt === null ? `its timestamp is unusable: ${shown(row.timestamp)}` : null,
      isOddCount(row.retryCount) ? `its retry_count is unusable: ${shown(row.retryCount)}` : null,
    ),
    flag: facts.undeliverable ?? facts.oddity,
    vouchesForItself: facts.carriesId,
  };
}

/** Remarks on one row in one text; null when there are none. */
export const joined = (one: string | null, other: string | null): string | null =>
  one === null || other === null ? (one ?? other) : `${one}; ${other}`;

const isOddCount = (value: unknown): boolean => value !== null && integerOf(value) === null;

function newEvent(
  row: QueueRow,
  { eventId, sha256 }: RowIdentity,
  facts: PayloadFacts,
  owner: ScopeParts | null,
  capturedAt: number,
): NewEvent {
  return {
    eventId,
    eventType: eventTypeOf(row, facts),
    bytes: row.data,
    sha256,
    carriesId: facts.carriesId,
    timestamp: facts.timestamp,
    occurredAt: facts.occurredAt,
    capturedAt,
    origin: { projectUuid: facts.projectUuid, repoSlug: facts.repoSlug, checkout: null },
    producerUser: owner?.user ?? null,
    producerTeam: facts.teamSlug ?? owner?.team ?? null,
    blockedReason: null,
    undeliverable: facts.undeliverable,
    coalesceKey: null,
    audit: null,
  };
}

function eventTypeOf({ eventType }: QueueRow, facts: PayloadFacts): string {
  if (eventType.length > 0 && isUtf8(eventType) && !eventType.includes(0))
    return eventType.toString('utf8');
  return facts.eventType ?? 'unknown';
}

function secondsOf(value: unknown): bigint | null {
  const seconds = integerOf(value);
  return seconds !== null && seconds >= 0n && seconds <= LAST_SECOND ? seconds : null;
}

const integerOf = (value: unknown): bigint | null => (typeof value === 'bigint' ? value : null);

function shown(value: unknown): string {
  if (Buffer.isBuffer(value)) return `${value.length} bytes`;
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
