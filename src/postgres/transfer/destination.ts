import { step } from '../../base/steps.js';
import type { JobControl } from '../../retention/job-control.js';
import type { Verified, VerifyRequest } from '../../retention/verification.js';
import type {
  DestinationState,
  JournalDestination,
  TableProgress,
  TransferKey,
  TransferRow,
  TransferTable,
} from '../../transfer/ports.js';
import type { Client } from '../driver.js';
import { end } from '../ending.js';
import { asStorageError } from '../errors.js';
import { JournalDatabase } from '../journal-database.js';
import { LANES, LOCK } from '../locks.js';
import { connectAsOwner } from '../owner.js';
import { type Place, placeOf } from '../place.js';
import { TABLE_NAMES } from '../schema/roles.js';
import { GUARDED } from '../schema/triggers.js';
import {
  BEING_FILLED,
  changingSchema,
  ensureSchema,
  SCHEMA_VERSION,
  schemaVersion,
} from '../schema.js';
import { prepared } from '../statements.js';
import { storable } from '../text.js';
import { PostgresVerification } from '../verification/verification.js';
import { binaryRows } from './binary-rows.js';
import { copyIn } from './copy-in.js';
import { FILLED_TABLES, type FilledTable } from './tables.js';
import * as sql from './transfer.sql.js';

interface StoredProgress {
  readonly name: string;
  readonly rows: number;
  readonly digest: string;
  readonly last: string;
  readonly done: boolean;
}

/** A journal on PostgreSQL that is filled from another engine, as the owner of its tables. */
export class PostgresDestination implements JournalDestination {
  readonly tables: readonly FilledTable[] = FILLED_TABLES;
  readonly #client: Client;
  readonly #place: Place;
  readonly #url: string;

  private constructor(client: Client, place: Place, url: string) {
    this.#client = client;
    this.#place = place;
    this.#url = url;
  }

  /** @throws StorageUnavailableError, ServerUnsuitableError, MissingDriverError, StorageUrlError. */
  static async open(url: string): Promise<PostgresDestination> {
    const place = placeOf(url);
    const client = await connectAsOwner(place);
    await client.query(sql.ALL_IN_ORDER);
    return new PostgresDestination(client, place, url);
  }

  get shown(): string {
    return this.#place.shown;
  }

  identity(): Promise<string | undefined> {
    return this.#asked(async (client) => {
      if ((await schemaVersion(client, this.#place)) === 0) return undefined;
      return (await client.query<{ home: string }>(sql.HEAD)).rows[0]?.home;
    });
  }

  prepare(): Promise<string> {
    return this.#asked(async (client) => {
      if ((await schemaVersion(client, this.#place)) < BEING_FILLED)
        await ensureSchema(client, this.#place);
      const { rows } = await client.query<{ home: string }>(sql.HEAD);
      return rows[0]?.home ?? '';
    });
  }

  state(id: string | undefined): Promise<DestinationState> {
    return this.#asked(async (client) =>
      (await schemaVersion(client, this.#place)) === 0 ? { kind: 'empty' } : stateOf(client, id),
    );
  }

  begin(id: string, from: string): Promise<DestinationState> {
    return this.#asked((client) =>
      changingSchema(client, this.#place, async () => {
        // Behind every transaction that writes events or targets: the next one reads the mark.
        const found = await client.query<{ space: number }>(sql.SPACE);
        const space = found.rows[0]?.space ?? 0;
        for (const lane of [LANES.journal, LANES.classes])
          await client.query(prepared(LOCK, { space, lane }));
        const state = await stateOf(client, id);
        if (state.kind !== 'empty') return state;
        for (const statement of sql.CREATE) await client.query(statement);
        await client.query(sql.BEGIN, [id, from]);
        await client.query(sql.MARK_HEAD, [BEING_FILLED + SCHEMA_VERSION]);
        return { kind: 'begun' };
      }),
    );
  }

  progress(): Promise<ReadonlyMap<string, TableProgress>> {
    return this.#asked(async (client) => {
      const { rows } = await client.query<StoredProgress>(sql.PROGRESS);
      return new Map(
        rows.map(({ name, rows: number, digest, last, done }) => [
          name,
          {
            rows: number,
            digest: BigInt(digest),
            last: JSON.parse(last) as TransferKey,
            isDone: done,
          },
        ]),
      );
    });
  }

  storable(row: TransferRow): TransferRow {
    if (!row.some((value) => typeof value === 'string' && value.includes('\0'))) return row;
    return row.map((value) => (typeof value === 'string' ? storable(value) : value));
  }

  put(table: TransferTable, rows: readonly TransferRow[], now: TableProgress): Promise<void> {
    const filled = filledTable(table);
    const data = rows.length === 0 ? undefined : binaryRows(filled, rows);
    return this.#transaction(async (client) => {
      if (data !== undefined) await copyIn(client, sql.copyInto(filled), data);
      const last = JSON.stringify(now.last);
      const values = [table.name, now.rows, now.digest.toString(), last, now.isDone];
      await client.query(sql.NOTE_PROGRESS, values);
      step('import.sent');
    });
  }

  digest(table: TransferTable): Promise<Pick<TableProgress, 'rows' | 'digest'>> {
    return this.#asked(async (client) => {
      const found = await client.query<{ rows: number; digest: string }>(
        sql.digestOf(filledTable(table)),
      );
      const { rows = 0, digest = '0' } = found.rows[0] ?? {};
      return { rows, digest: BigInt(digest) };
    });
  }

  continueIds(highest: ReadonlyMap<string, number>): Promise<void> {
    return this.#asked(async (client) => {
      for (const [table, id] of highest)
        if (id > 0) {
          const name = `"${this.#place.schema}"."${table}"`;
          await client.query(sql.CONTINUE_IDS, [name, 'id', id]);
        }
      await client.query(sql.SET_HEAD);
      await client.query(`ANALYZE ${FILLED_TABLES.map(({ name }) => `"${name}"`).join(', ')}`);
    });
  }

  async verify(request: VerifyRequest, control: JobControl): Promise<Verified> {
    const db = await JournalDatabase.openReadOnly(this.#url, { isBeingFilled: true });
    if (db === undefined) throw new Error(`${this.shown} lost its tables`);
    try {
      return await new PostgresVerification(db).verify(request, control);
    } finally {
      await db.close();
    }
  }

  goLive(): Promise<void> {
    return this.#transaction(async (client) => {
      // With it, everything before it is on disk.
      await client.query('SET LOCAL synchronous_commit = on');
      for (const statement of sql.GO_LIVE) await client.query(statement);
      await client.query(sql.MARK_HEAD, [SCHEMA_VERSION]);
      step('import.going-live');
    });
  }

  forget(): Promise<void> {
    return this.#asked((client) => client.query(sql.DROP).then(() => undefined));
  }

  discard(id: string): Promise<void> {
    return this.#asked((client) =>
      changingSchema(client, this.#place, async () => {
        if ((await stateOf(client, id)).kind !== 'begun') return;
        const tables = TABLE_NAMES.map((name) => `"${name}"`).join(', ');
        await client.query(`DROP TABLE IF EXISTS ${tables}`);
        const functions = GUARDED.map(({ name }) => `"${name}"()`).join(', ');
        await client.query(`DROP FUNCTION IF EXISTS ${functions}`);
        await client.query(sql.DROP);
      }),
    );
  }

  async close(): Promise<void> {
    await end(this.#client);
  }

  async #asked<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await work(this.#client);
    } catch (error) {
      throw asStorageError(this.shown, error);
    }
  }

  #transaction(work: (client: Client) => Promise<void>): Promise<void> {
    return this.#asked(async (client) => {
      await client.query('BEGIN');
      try {
        await work(client);
        await client.query('COMMIT');
      } catch (error) {
        // The first error is the one to tell.
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }
}

function filledTable({ name }: TransferTable): FilledTable {
  const table = FILLED_TABLES.find((one) => one.name === name);
  if (table === undefined) throw new Error(`there is no table ${name} on PostgreSQL`);
  return table;
}

async function stateOf(client: Client, id: string | undefined): Promise<DestinationState> {
  const there = await client.query<{ here: boolean }>(sql.IS_THERE);
  if (there.rows[0]?.here === true) {
    const { rows } = await client.query<{ id: string; source: string; live: boolean }>(sql.READ);
    const [found] = rows;
    if (found !== undefined && found.id !== id) return { kind: 'other', from: found.source };
    if (found !== undefined) return { kind: found.live ? 'live' : 'begun' };
  }
  const head = await client.query<{ seq: number }>(sql.HEAD);
  const seq = head.rows[0]?.seq ?? 0;
  if (seq > 0) return { kind: 'used', by: `${seq} events` };
  const used = await client.query<{ name: string }>(sql.firstUsed(FILLED_TABLES));
  const [table] = used.rows;
  return table === undefined ? { kind: 'empty' } : { kind: 'used', by: `rows in "${table.name}"` };
}
