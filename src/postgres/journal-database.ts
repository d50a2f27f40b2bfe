import { OlderSchemaError, StorageUnavailableError } from '../files/storage-errors.js';
import { ChangeSignal } from './change-signal.js';
import { type ConnectionOptions, connect } from './connection.js';
import { type Client, type Driver, loadDriver } from './driver.js';
import { end } from './ending.js';
import { asStorageError, endsConnection } from './errors.js';
import { KeptConnections } from './kept-connections.js';
import { type Lock, lockNumbers } from './locks.js';
import { type Place, placeOf } from './place.js';
import {
  assertKnownSchema,
  BEING_FILLED,
  ensureSchema,
  SCHEMA_VERSION,
  schemaVersion,
} from './schema.js';
import type { Values } from './statements.js';
import { Queries } from './transaction.js';
import { HEAD, type Head, type Work, Writer } from './writer.js';

/** Milliseconds a transaction waits for the locks of others before it gives up. */
const DEFAULT_BUSY_TIMEOUT_MS = 10_000;

/** Milliseconds that a statement may take that goes over whole tables: two hours. */
const MAINTENANCE_MS = 2 * 60 * 60 * 1000;

/** Milliseconds one statement of a writing transaction may take, and one that reads. */
const WRITE_STATEMENT_MS = 30_000;
const READ_STATEMENT_MS = 300_000;

export interface OpenOptions {
  readonly busyTimeoutMs?: number;
  /** For the one that fills it: a journal that is not complete can be read. */
  readonly isBeingFilled?: boolean;
}

/** Milliseconds that a renewal may take, the wait for the row of its target included: the next one is due then. */
const LEASE_STATEMENT_MS = 2_500;

const ALL_CHANGES = 'SELECT COALESCE(sum(times), 0)::bigint AS changes FROM change';
const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * The connections of one process to a journal on PostgreSQL. Stores hand it units of
 * work; each is one atomic transaction. Work whose connection breaks is done once more
 * on a new one, unless it broke during COMMIT of what cannot be repeated; where there is none, the work fails.
 */
export class JournalDatabase {
  readonly shown: string;
  readonly #writer: Writer;
  readonly #leases: KeptConnections;
  readonly #readers: KeptConnections;
  readonly #signal: ChangeSignal;
  readonly #openForMaintenance: () => Promise<Client>;
  /** The identity of the journal, as it was first seen. */
  #home: string | undefined;
  #isReplaced = false;
  #isClosed = false;

  private constructor(driver: Driver, place: Place, options: OpenOptions) {
    const lockTimeoutMs = options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS;
    const open = (role: ConnectionOptions['role'], statementTimeoutMs: number) => () =>
      connect(driver, place, { role, lockTimeoutMs, statementTimeoutMs });
    this.shown = place.shown;
    const openWriter = open('writer', lockTimeoutMs + WRITE_STATEMENT_MS);
    this.#writer = new Writer(
      place,
      () => withSchema(place, openWriter),
      (head) => this.#assertSame(head),
    );
    this.#leases = new KeptConnections(open('lease', LEASE_STATEMENT_MS));
    this.#readers = new KeptConnections(open('reader', READ_STATEMENT_MS));
    this.#openForMaintenance = open('writer', MAINTENANCE_MS);
    this.#signal = new ChangeSignal(place, open('listener', READ_STATEMENT_MS));
  }

  /**
   * Opens for writing: makes the tables and brings them up to date.
   *
   * @throws StorageUnavailableError, NewerSchemaError, MissingDriverError, StorageUrlError.
   */
  static async open(url: string, options: OpenOptions = {}): Promise<JournalDatabase> {
    const place = placeOf(url);
    const db = new JournalDatabase(await loadDriver(), place, options);
    try {
      await db.#writer.open();
      return db;
    } catch (error) {
      await db.close();
      throw asStorageError(place.shown, error);
    }
  }

  /**
   * Opens for reading only; undefined when there is no journal yet. Changes nothing.
   *
   * @throws StorageUnavailableError, NewerSchemaError, OlderSchemaError, MissingDriverError, StorageUrlError.
   */
  static async openReadOnly(
    url: string,
    options: OpenOptions = {},
  ): Promise<JournalDatabase | undefined> {
    const place = placeOf(url);
    const db = new JournalDatabase(await loadDriver(), place, options);
    try {
      const found = await db.#reading((client) => schemaVersion(client, place));
      if (options.isBeingFilled === true && found === BEING_FILLED + SCHEMA_VERSION) return db;
      assertKnownSchema(found, place.shown);
      if (found === SCHEMA_VERSION) return db;
      if (found > 0) throw new OlderSchemaError(place.shown);
      await db.close();
      return undefined;
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  /**
   * Runs `work` in one transaction that holds `locks` (src/postgres/locks.ts says
   * which). Resolves only after its COMMIT is on disk; on any error nothing of it is
   * stored, unless the error says that the outcome is not known. `work` may be run
   * again, and awaits nothing but its own statements: a `write` within would wait for itself
   * (in tests it fails at once).
   */
  async write<T, O = undefined>(
    locks: Lock | readonly Lock[],
    work: Work<T, O> | Work<T, O>['rest'],
  ): Promise<T> {
    this.#assertOpen();
    const asked = lockNumbers(Array.isArray(locks) ? locks : [locks as Lock]);
    const result = await this.#writer.write(
      asked,
      typeof work === 'function' ? { rest: work } : work,
    );
    this.#signal.send();
    return result;
  }

  /**
   * Runs one statement that writes to leases beside the transactions of this process, and waits for
   * none of them: it holds no lock of src/postgres/locks.ts, and so its own condition must be enough.
   * `@writerPid` is the backend of those transactions. It may be run twice.
   */
  async writeLease(statement: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    this.#assertOpen();
    const writerPid = this.#writer.pid ?? null;
    await this.#leases.with(
      (client) => new Queries(client).run(statement, { ...values, writerPid }),
      endsConnection,
    );
  }

  /** Fails in tests inside the work of a `write`, for what waits for another one. */
  assertOutsideWrite(): void {
    this.#writer.assertOutside();
  }

  /** Runs statements that no transaction can hold, one after another, on a connection of their own. */
  async maintain(statements: readonly string[]): Promise<void> {
    this.#assertOpen();
    const client = await this.#openForMaintenance();
    try {
      for (const statement of statements) await client.query(statement);
    } catch (error) {
      throw asStorageError(this.shown, error);
    } finally {
      await end(client);
    }
  }

  /** Runs reads on one consistent snapshot. `work` may be run again, like all that reads. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#reading(async (client) => {
      const queries = new Queries(client);
      queries.later(SNAPSHOT);
      try {
        return await work(queries);
      } finally {
        // Read only: there is nothing to lose, and a broken connection is dropped for its first error.
        await client.query('COMMIT').catch(() => undefined);
      }
    });
  }

  /** All rows of one statement that reads. */
  all<R extends object>(sql: string, values?: Values): Promise<R[]> {
    return this.#reading((client) => new Queries(client).all<R>(sql, values));
  }

  /** The first row of one statement that reads. */
  get<R extends object>(sql: string, values?: Values): Promise<R | undefined> {
    return this.#reading((client) => new Queries(client).get<R>(sql, values));
  }

  /** True when another journal was found under the name of the one that was opened. */
  isReplaced(): boolean {
    return this.#isReplaced;
  }

  /** @throws StorageUnavailableError, NewerSchemaError. */
  async assertCurrent(): Promise<void> {
    const head = await this.get<Head>(HEAD);
    if (head === undefined)
      throw new StorageUnavailableError(this.shown, 'corrupt', 'it has no head row');
    assertKnownSchema(head.schema, this.shown);
    this.#assertSame(head);
  }

  /** Changes with every transaction that wrote something, of this process or another. */
  async version(): Promise<string> {
    const found = await this.get<{ changes: number }>(ALL_CHANGES);
    return String(found?.changes);
  }

  /** The same for those of others alone. Asks the server only when it may have changed. */
  async versionOfOthers(): Promise<string> {
    return this.#signal.ifNews(async () => {
      // Own changes first: one between the two looks is taken for another's, and does no harm.
      const own = this.#writer.counted;
      const found = await this.get<{ changes: number }>(ALL_CHANGES);
      return String((found?.changes ?? 0) - own);
    });
  }

  onHint(hear: () => void): () => void {
    return this.#signal.onNews(hear);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#signal.close();
    await Promise.all([this.#writer.close(), this.#leases.close(), this.#readers.close()]);
  }

  #reading<T>(work: (client: Client) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.#readers.with(work, endsConnection).catch((error: unknown) => {
      throw asStorageError(this.shown, error);
    });
  }

  #assertSame(head: Head): void {
    this.#home ??= head.home;
    if (head.home === this.#home) return;
    this.#isReplaced = true;
    void this.close();
    throw this.#replaced();
  }

  #assertOpen(): void {
    if (this.#isReplaced) throw this.#replaced();
    if (this.#isClosed) throw new Error(`${this.shown}: the connection is closed`);
  }

  #replaced(): StorageUnavailableError {
    const detail = 'its tables are those of another journal now';
    return new StorageUnavailableError(this.shown, 'replaced', detail);
  }
}

/** Each new connection that writes finds the schema it needs. */
async function withSchema(place: Place, open: () => Promise<Client>): Promise<Client> {
  const client = await open();
  try {
    await ensureSchema(client, place);
    return client;
  } catch (error) {
    await end(client);
    throw error;
  }
}
