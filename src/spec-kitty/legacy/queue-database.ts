import Database from 'better-sqlite3';
import * as sql from './queue-database.sql.js';
import type { QueueDamage, QueueRow } from './queue-row.js';
import { rescuedIds } from './rescue.js';

/** A row of the copy could not be read: no fault of the journal it was meant for. */
export class QueueReadError extends Error {
  override readonly name = 'QueueReadError';
}

/**
 * The copy of one old queue file, of any schema era: with or without `queue`,
 * body tables, coalescing keys, and either pair of column names. Opened for
 * writing, so that SQLite can finish what a crash left in a `-journal` or `-wal`;
 * nothing else is written.
 */
export class QueueDatabase {
  /** Null when the file is sound. */
  readonly damage: QueueDamage | null;
  readonly #db: Database.Database;
  readonly #tables: ReadonlyMap<string, number>;

  private constructor(db: Database.Database) {
    this.#db = db;
    const tables = db.prepare(sql.TABLES).all() as { name: string; rootpage: number }[];
    this.#tables = new Map(tables.map(({ name, rootpage }) => [name, rootpage]));
    this.damage = this.#check();
  }

  /** Throws SQLite's error when the file cannot be read at all. */
  static open(copy: string): QueueDatabase {
    const db = new Database(copy);
    try {
      return new QueueDatabase(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  get hasQueue(): boolean {
    return this.#tables.has('queue');
  }

  /** Rows of a table; 0 when there is no such table, null when they cannot be counted. */
  count(table: 'queue' | 'body_upload_queue' | 'body_upload_failure_log'): number | null {
    if (!this.#tables.has(table)) return 0;
    try {
      return (this.#db.prepare(sql.COUNT[table]).get() as { rows: number }).rows;
    } catch {
      return null;
    }
  }

  /** Every row that can be read, in the order `timestamp, id`; memory stays flat in a sound file. */
  *rows(): Generator<QueueRow> {
    if (!this.hasQueue) return;
    try {
      if (this.damage === null) yield* this.#soundRows();
      else yield* this.#rescuedRows();
    } catch (error) {
      throw new QueueReadError((error as Error).message);
    }
  }

  close(): void {
    this.#db.close();
  }

  #soundRows(): Iterable<QueueRow> {
    const rows = this.#db.prepare(sql.SELECT_ROWS + sql.IN_ORDER).safeIntegers();
    return rows.iterate() as Iterable<QueueRow>;
  }

  *#rescuedRows(): Generator<QueueRow> {
    const one = this.#db.prepare(sql.SELECT_ROWS + sql.BY_ID).safeIntegers();
    for (const id of rescuedIds(this.#db)) {
      const row = readOrSkip(() => one.get(id) as QueueRow | undefined);
      if (row !== undefined) yield row;
    }
  }

  #check(): QueueDamage | null {
    const findings = quickCheck(this.#db);
    if (findings.length === 1 && findings[0] === 'ok') return null;
    const root = new RegExp(`\\bTree ${this.#tables.get('queue')}\\b`);
    const touchesRows = findings.some((text) => root.test(text) || text.startsWith(UNREADABLE));
    return { reason: findings[0] ?? 'no answer to quick_check', touchesRows };
  }
}

const UNREADABLE = 'database disk image is malformed';

/** SQLite's findings, or the error that ended the check: some damage does both. */
function quickCheck(db: Database.Database): string[] {
  const findings: string[] = [];
  try {
    const rows = db.prepare('PRAGMA quick_check(20)').iterate() as Iterable<{
      quick_check: string;
    }>;
    for (const row of rows) findings.push(row.quick_check.replaceAll('\n', '; '));
  } catch (error) {
    findings.push((error as Error).message);
  }
  return findings;
}

function readOrSkip<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
