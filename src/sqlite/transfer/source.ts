import Database from 'better-sqlite3';
import { OpenedFile } from '../../files/opened-file.js';
import { asStorageError } from '../../files/storage-errors.js';
import type {
  JournalSource,
  MoveMark,
  TransferKey,
  TransferPage,
  TransferTable,
  TransferValue,
} from '../../transfer/ports.js';
import { DRIVER_TIMEOUT_MS } from '../connection.js';
import { JournalDatabase } from '../journal-database.js';
import { freezeMarked, MOVED_TABLE, moveMark, noteInMark, removeMark, setMark } from '../moved.js';

/** Rows of a page at most, and bytes of it: what is in memory at once is a few times that. */
const PAGE_ROWS = 5_000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** What SQLite and TypeORM keep for themselves, and what is not filed yet: marking files it. */
const NOT_COPIED: ReadonlySet<string> = new Set(['migrations', 'filed', MOVED_TABLE]);

const TABLES = `SELECT name, wr FROM pragma_table_list
  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'`;
const COLUMNS = 'SELECT name, pk FROM pragma_table_info(?) ORDER BY cid';

interface StoredTable {
  readonly columns: ReadonlySet<string>;
  /** Columns in whose order it can be read from any place on. */
  readonly key: readonly string[];
}

/** A journal in a file, to be copied. Reads it on a connection of its own, also while it is marked. */
export class SqliteSource implements JournalSource {
  readonly shown: string;
  readonly #db: Database.Database;
  readonly #file: OpenedFile;
  readonly #busyTimeoutMs: number;
  readonly #pages = new Map<string, Database.Statement>();

  private constructor(db: Database.Database, file: OpenedFile, busyTimeoutMs: number) {
    this.#db = db;
    this.#file = file;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.shown = db.name;
  }

  /** @throws StorageUnavailableError. */
  static open(file: string, busyTimeoutMs: number): SqliteSource {
    let db: Database.Database | undefined;
    try {
      const opened = new OpenedFile(file);
      db = new Database(file, { fileMustExist: true, timeout: DRIVER_TIMEOUT_MS });
      // Its mode is that of the file; what it writes is the mark alone.
      db.pragma('synchronous = FULL');
      return new SqliteSource(db, opened, busyTimeoutMs);
    } catch (error) {
      db?.close();
      throw asStorageError(file, error);
    }
  }

  get mark(): MoveMark | undefined {
    return moveMark(this.#db);
  }

  plan(mark: MoveMark): Promise<void> {
    return this.#write((db) => setMark(db, mark));
  }

  freeze(): Promise<void> {
    return this.#write(freezeMarked);
  }

  release(): void {
    this.#change(() => removeMark(this.#db));
  }

  note(state: 'complete' | 'finished'): void {
    this.#change(() => noteInMark(this.#db, state));
  }

  tables(): string[] {
    return this.#stored()
      .map(({ name }) => name)
      .filter((name) => !NOT_COPIED.has(name));
  }

  count({ name }: TransferTable): number {
    return this.#db.prepare(`SELECT count(*) FROM "${name}"`).pluck().get() as number;
  }

  page(table: TransferTable, after: TransferKey): TransferPage | undefined {
    this.#assertInPlace();
    const rows: TransferValue[][] = [];
    let last: TransferKey = after;
    let bytes = 0;
    const width = table.columns.length;
    const statement = this.#pageStatement(table, after.length > 0);
    for (const read of statement.iterate(...after) as Iterable<TransferValue[]>) {
      last = read.slice(width) as (number | string)[];
      read.length = width;
      rows.push(read);
      for (const value of read) bytes += sizeOf(value);
      if (rows.length === PAGE_ROWS || bytes >= PAGE_BYTES) break;
    }
    return rows.length === 0 ? undefined : { rows, last };
  }

  highestId(table: string): number {
    const most = this.#db.prepare(`SELECT max(id) FROM "${table}"`).pluck().get() as number | null;
    const counter = this.#db
      .prepare('SELECT seq FROM sqlite_sequence WHERE name = ?')
      .pluck()
      .get(table) as number | undefined;
    return Math.max(most ?? 0, counter ?? 0);
  }

  close(): void {
    this.#db.close();
  }

  /** As every other writer of the journal does, behind which everything is filed. */
  async #write(work: (db: Database.Database) => void): Promise<void> {
    const journal = await JournalDatabase.open(this.shown, { busyTimeoutMs: this.#busyTimeoutMs });
    try {
      await journal.write(work);
    } finally {
      journal.close();
    }
  }

  #change(work: () => void): void {
    this.#assertInPlace();
    try {
      this.#db.transaction(work).immediate();
    } catch (error) {
      throw asStorageError(this.shown, error);
    }
  }

  /** What was put in its place meanwhile is not what was marked. */
  #assertInPlace(): void {
    const change = this.#file.change();
    if (change !== undefined) throw new Error(change);
  }

  #stored(): { readonly name: string; readonly wr: number }[] {
    return this.#db.prepare(TABLES).all() as { name: string; wr: number }[];
  }

  #table(name: string): StoredTable {
    const table = this.#stored().find((one) => one.name === name);
    if (table === undefined) throw new Error(`${this.shown} has no table ${name}`);
    return storedTable(this.#db, name, table.wr === 1);
  }

  #pageStatement({ name, columns }: TransferTable, isLater: boolean): Database.Statement {
    const cached = `${name} ${isLater}`;
    let statement = this.#pages.get(cached);
    if (statement === undefined) {
      const stored = this.#table(name);
      const values = columns.map((column) =>
        column.isLeftOut || !stored.columns.has(column.name) ? 'NULL' : `"${column.name}"`,
      );
      const key = stored.key.map((column) => `"${column}"`).join(', ');
      const behind = isLater ? `WHERE (${key}) > (${stored.key.map(() => '?').join(', ')})` : '';
      statement = this.#db
        .prepare(`SELECT ${values.join(', ')}, ${key} FROM "${name}" ${behind} ORDER BY ${key}`)
        .raw();
      this.#pages.set(cached, statement);
    }
    return statement;
  }
}

function storedTable(db: Database.Database, name: string, isWithoutRowid: boolean): StoredTable {
  const columns = db.prepare(COLUMNS).all(name) as { name: string; pk: number }[];
  const keys = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  return {
    columns: new Set(columns.map((column) => column.name)),
    key: isWithoutRowid ? keys.map((column) => column.name) : ['rowid'],
  };
}

function sizeOf(value: TransferValue): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 8;
}
