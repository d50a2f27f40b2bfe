import type { EventSource, NewEvent } from '../../journal/new-event.js';
import type { JournalDatabase } from '../journal-database.js';
import { INSERT_EVENTS, INSERT_EVENTS_ALIKE, INSERT_PAYLOADS } from './journal.sql.js';

/**
 * Inserts many events by two statements, inside a transaction that the caller
 * holds. Whether one of them is known is not asked beforehand: the journal
 * refuses an id that it has, and with it the whole statement.
 */
export class NewRows {
  readonly #db: JournalDatabase;
  readonly #source: EventSource;

  constructor(db: JournalDatabase, source: EventSource) {
    this.#db = db;
    this.#source = source;
  }

  /**
   * Writes as many events as the statements have rows, from number
   * `first` on, which nobody has yet. False when
   * one of their ids is known or comes twice: nothing was written then.
   */
  insert(first: number, events: readonly NewEvent[], origins: readonly number[]): boolean {
    const areAlike = haveMuchInCommon(events);
    const values: unknown[] = [];
    const payloads: Buffer[] = [];
    for (const [index, event] of events.entries()) {
      const { bytes, sha256 } = event;
      values.push(event.eventId, event.eventType, origins[index], event.timestamp);
      values.push(event.occurredAt, event.capturedAt, sha256, bytes.length);
      if (!areAlike) values.push(...Object.values(commonOf(event)));
      payloads.push(bytes);
    }
    const shared = { first, source: this.#source };
    try {
      if (areAlike)
        this.#db
          .statement(INSERT_EVENTS_ALIKE)
          .run(values, { ...shared, ...commonOf(events[0] as NewEvent) });
      else this.#db.statement(INSERT_EVENTS).run(values, shared);
    } catch (error) {
      if (isRefused(error)) return false;
      throw error;
    }
    this.#db.statement(INSERT_PAYLOADS).run(payloads, { first });
    return true;
  }
}

/** What most events that come together have in common, in the order of the statement. */
const commonOf = (event: NewEvent): Record<string, string | number | null> => ({
  user: event.producerUser,
  team: event.producerTeam,
  reason: event.blockedReason,
  carriesId: event.carriesId ? 1 : 0,
  undeliverable: event.undeliverable,
});

function haveMuchInCommon([first, ...others]: readonly NewEvent[]): boolean {
  return others.every(
    (event) =>
      event.producerUser === first?.producerUser &&
      event.producerTeam === first.producerTeam &&
      event.blockedReason === first.blockedReason &&
      event.carriesId === first.carriesId &&
      event.undeliverable === first.undeliverable,
  );
}

/** Whether the journal has the id of a new event already: the only thing that its triggers can say of one. */
export const isRefused = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'SQLITE_CONSTRAINT_TRIGGER';
