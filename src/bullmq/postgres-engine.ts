import type {
  IQueueBackend,
  Job,
  JobJson,
  PostgresConnection,
  PostgresPoolConfig,
  Queue,
  QueueEvents,
} from 'bullmq';
import { plainMessage } from '../files/trouble.js';
import type { Engine, StoreNote, TakingOptions } from './engine.js';
import { isOfConnection, QueuePackageError, QueueSchemaError, QueueStoreError } from './errors.js';
import { loaded } from './packages.js';
import type { QueuePlace } from './place.js';
import * as sql from './postgres.sql.js';
import { PostgresRecords } from './postgres-records.js';
import { PostgresRows } from './postgres-rows.js';

/** Milliseconds for a connection, and for an answer. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 15_000;
/** Connections of one process, beside the one that listens. */
const CONNECTIONS = 8;
/** Milliseconds for which events are waited for at once: notifications may be left out. */
const EVENTS_MS = 250;

type Packages = typeof import('bullmq');
const NEEDS = ['bullmq', 'pg'];

/** Jobs in PostgreSQL: one pool and one listening connection for all queues of a process. */
export class PostgresEngine implements Engine {
  readonly records: PostgresRecords;
  readonly rows: PostgresRows;
  readonly #bullmq: Packages;
  readonly #connection: PostgresConnection;
  readonly #place: QueuePlace;
  /** Those that wait on the listening connection. */
  readonly #taking = new Set<IQueueBackend>();

  private constructor(bullmq: Packages, connection: PostgresConnection, place: QueuePlace) {
    this.#bullmq = bullmq;
    this.#connection = connection;
    this.#place = place;
    // Of every statement, whoever runs it.
    const { pool } = connection;
    const query = pool.query.bind(pool);
    pool.query = (text, params) =>
      query<never>(text, params).catch((error: unknown) => {
        throw this.inWords(error);
      });
    this.records = new PostgresRecords(connection.pool);
    this.rows = new PostgresRows(connection.pool);
    // What was listened for is to be asked for again.
    connection.on('listenerinvalidated', () => {
      for (const backend of this.#taking) void backend.reconnectBlocking();
    });
  }

  /** @throws QueuePackageError, QueueStoreError, QueueSchemaError. */
  static async connect(place: QueuePlace): Promise<PostgresEngine> {
    const { bullmq, connection } = await open(place, false);
    const { rows } = await connection.pool.query<{ present: boolean }>(sql.HAS_RECORDS);
    if (rows[0]?.present === true) return new PostgresEngine(bullmq, connection, place);
    await connection.close();
    throw new QueueSchemaError(place.shown, place.space);
  }

  /** Makes the schema with its tables, or brings them up to date; what is there stays. */
  static async migrate(place: QueuePlace): Promise<void> {
    const { connection } = await open(place, true);
    try {
      await connection.pool.query(sql.CREATE_RECORDS);
    } finally {
      await connection.close();
    }
  }

  queue(name: string): Queue {
    const { Queue } = this.#bullmq;
    const queue = new Queue(name, this.#options, () => this.#backend(name, {}));
    queue.on('error', () => undefined);
    return queue as unknown as Queue;
  }

  taking(name: string, options: TakingOptions): IQueueBackend {
    const backend = this.#backend(name, { ...options, stalledInterval: 0 });
    this.#taking.add(backend);
    const close = backend.close.bind(backend);
    backend.close = (force) => {
      this.#taking.delete(backend);
      return close(force);
    };
    return backend;
  }

  events(name: string, after: string): QueueEvents {
    const { QueueEvents } = this.#bullmq;
    const options = { ...this.#options, lastEventId: after, blockingTimeout: EVENTS_MS };
    const events = new QueueEvents(name, options, () => this.#backend(name, {}));
    return events as unknown as QueueEvents;
  }

  jobOf(queue: Queue, json: JobJson, id: string): Job {
    return this.#bullmq.Job.fromJSON(queue, json, id);
  }

  inWords(error: unknown): unknown {
    return isOfConnection(error) ? new QueueStoreError(this.#place.shown, error) : error;
  }

  async ping(): Promise<void> {
    await this.#connection.pool.query('SELECT 1');
  }

  async notes(): Promise<StoreNote[]> {
    return [];
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  get #options() {
    return { connection: this.#connection.pool as never, skipMetasUpdate: true };
  }

  /** Shares the connections, and closes none of them. */
  #backend(name: string, options: object): IQueueBackend {
    const { PostgresQueueBackend } = this.#bullmq;
    const backend = new PostgresQueueBackend(this.#connection, name, options as never, false);
    backend.on('error', () => undefined);
    return backend;
  }
}

async function open(place: QueuePlace, migrate: boolean) {
  const bullmq = await loaded(place, NEEDS, () => import('bullmq'));
  const { url, options } = withoutOptions(place.url);
  const connection = connectionOf(bullmq, place, {
    connectionString: url,
    ...(options === null ? {} : { options }),
    schema: place.space,
    migrate,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: migrate ? 0 : ANSWER_MS,
    keepAlive: true,
    application_name: 'redrain jobs',
  });
  connection.on('error', () => undefined);
  try {
    await connection.waitUntilReady();
    return { bullmq, connection };
  } catch (error) {
    await connection.close();
    const isOld = error instanceof bullmq.SchemaMigrationRequiredError;
    if (isOld) throw new QueueSchemaError(place.shown, place.space);
    throw new QueueStoreError(place.shown, error);
  }
}

/** BullMQ loads the driver by itself. @throws QueuePackageError where there is none. */
function connectionOf(
  bullmq: Packages,
  place: QueuePlace,
  options: PostgresPoolConfig,
): PostgresConnection {
  try {
    return new bullmq.PostgresConnection(options);
  } catch (error) {
    const isMissing = plainMessage(error).includes("optional 'pg' package");
    throw isMissing ? new QueuePackageError(place.shown, NEEDS) : error;
  }
}

/** Options in the address would take the place of those that name the schema: they go beside them. */
function withoutOptions(address: string): { url: string; options: string | null } {
  const url = new URL(address);
  const options = url.searchParams.get('options');
  url.searchParams.delete('options');
  return { url: url.href, options };
}
