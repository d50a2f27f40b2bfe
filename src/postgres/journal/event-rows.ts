import type { EventSource, NewEvent } from '../../journal/new-event.js';
import type { Transaction } from '../transaction.js';
import * as sql from './journal.sql.js';

/** One event that becomes a row, with its number. */
export interface EventRow {
  readonly seq: number;
  readonly revision: number;
  readonly originId: number;
  readonly event: NewEvent;
}

/** Inserts events with their payloads, live and counted; the last one is the new head. */
export async function insertEvents(
  tx: Transaction,
  source: EventSource,
  rows: readonly EventRow[],
): Promise<void> {
  const last = rows.at(-1);
  if (last === undefined) return;
  const events = rows.map(({ event }) => event);
  const seqs = rows.map(({ seq }) => seq);
  const sizes = events.map(({ bytes }) => bytes.length);
  await tx.run(sql.INSERT_EVENTS, {
    source,
    seqs,
    sizes,
    head: last.seq,
    revisions: rows.map(({ revision }) => revision),
    originIds: rows.map(({ originId }) => originId),
    digests: Buffer.concat(events.map(({ sha256 }) => sha256)),
    ...columnsOf(events),
  });
  await tx.run(sql.INSERT_PAYLOADS, {
    seqs,
    sizes,
    places: placesOf(sizes),
    blob: Buffer.concat(events.map(({ bytes }) => bytes)),
  });
}

function columnsOf(events: readonly NewEvent[]): Readonly<Record<string, readonly unknown[]>> {
  return {
    eventIds: events.map((event) => event.eventId),
    eventTypes: events.map((event) => event.eventType),
    eventTimes: events.map((event) => event.timestamp),
    occurredAts: events.map((event) => event.occurredAt),
    capturedAts: events.map((event) => event.capturedAt),
    producerUsers: events.map((event) => event.producerUser),
    producerTeams: events.map((event) => event.producerTeam),
    blocked: events.map((event) => event.blockedReason),
    carriesIds: events.map((event) => (event.carriesId ? 1 : 0)),
    undeliverable: events.map((event) => event.undeliverable),
  };
}

/** Where each begins in the blob, from 1. */
function placesOf(sizes: readonly number[]): number[] {
  let place = 1;
  return sizes.map((size) => {
    place += size;
    return place - size;
  });
}
