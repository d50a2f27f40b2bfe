import type { EventSource, NewEvent } from '../../journal/new-event.js';
import type { JournalDatabase } from '../journal-database.js';
import { INSERT_EVENTS, INSERT_PAYLOADS } from './journal.sql.js';

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
    const rows: unknown[] = [];
    const payloads: unknown[] = [];
    for (const [index, event] of events.entries()) {
      const seq = first + index;
      rows.push(
        seq,
        event.eventId,
        event.eventType,
        origins[index],
        this.#source,
        event.timestamp,
        event.occurredAt,
        event.capturedAt,
        event.producerUser,
        event.producerTeam,
        event.blockedReason,
        event.carriesId ? 1 : 0,
        event.undeliverable,
        event.sha256,
        event.bytes.length,
      );
      payloads.push(seq, event.bytes);
    }
    try {
      this.#db.statement(INSERT_EVENTS).run(rows);
    } catch (error) {
      if (isRefused(error)) return false;
      throw error;
    }
    this.#db.statement(INSERT_PAYLOADS).run(payloads);
    return true;
  }
}

const isRefused = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'SQLITE_CONSTRAINT_TRIGGER';
