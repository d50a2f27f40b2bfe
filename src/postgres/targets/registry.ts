import { freeName } from '../../config/target-name.js';
import type { DeploymentMetadata } from '../../dispatch/ports.js';
import { addressStored, deploymentNews, followed, withFrom } from '../../targets/following.js';
import {
  AddressTakenError,
  type ResetSignalRecord,
  type TargetDescription,
  type TargetKey,
  type TargetRecord,
  type TargetRegistry,
  type TargetSettings,
} from '../../targets/registry.js';
import { derivedName } from '../../targets/target-name.js';
import { type TargetRow, toRecord } from '../../targets/target-row.js';
import type { JournalDatabase } from '../journal-database.js';
import { moveStart, startNew, startOf } from '../ledger/start.js';
import { storable } from '../text.js';
import type { Queries, Transaction } from '../transaction.js';
import { freeNameOf, namesOf } from './names.js';
import * as sql from './targets.sql.js';

/** A row that follows its description, and what is left to do. */
interface Followed {
  readonly id: number;
  readonly from: string | undefined;
  /** Where a known target is to start now; undefined when that is as it was. */
  readonly start: number | undefined;
}

/** What reads rows: a transaction, or the database outside of any. */
type Rows = Pick<Queries, 'all' | 'get'>;

/** The target registry on PostgreSQL. */
export class PostgresTargets implements TargetRegistry {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async ensure(description: TargetDescription, now: number): Promise<TargetRecord> {
    const known = await rowByKey(this.#db, description);
    if (known !== undefined && isFollowed(known, description)) return toRecord(known);
    const { from, id, start } = await this.#db.write('journal', (tx) =>
      follow(tx, description, now),
    );
    if (start !== undefined) {
      await this.startAt(id, start, now);
      await this.#db.write('journal', (tx) => setFrom(tx, id, from));
    }
    return toRecord((await rowOf(this.#db, id)) as TargetRow);
  }

  startSeqOf(from: string | undefined, now: number): Promise<number> {
    return this.#db.read((queries) => startOf(queries, from, now));
  }

  startAt(id: number, seq: number, now: number): Promise<void> {
    return moveStart(this.#db, id, seq, now);
  }

  async find(id: number): Promise<TargetRecord | undefined> {
    const row = await rowOf(this.#db, id);
    return row && toRecord(row);
  }

  async findByKey(key: TargetKey): Promise<TargetRecord | undefined> {
    const row = await rowByKey(this.#db, key);
    return row && toRecord(row);
  }

  async list(): Promise<TargetRecord[]> {
    return (await this.#db.all<TargetRow>(sql.LIST)).map(toRecord);
  }

  noteDeployment(id: number, told: DeploymentMetadata, now: number): Promise<number | null> {
    const metadata = storableMetadata(told);
    return this.#db.write({ target: id }, async (tx) => {
      const row = await rowOf(tx, id);
      if (row === undefined) return null;
      const { signal, added } = deploymentNews(row, metadata);
      if (signal !== undefined) {
        const record: ResetSignalRecord = { ...signal, at: now };
        await tx.run(sql.RAISE_RESET, { id, signal: JSON.stringify(record) });
      }
      return added === undefined ? row.deploymentRef : addDeployment(tx, id, added, now);
    });
  }

  async rename(id: number, name: string): Promise<void> {
    await this.#db.write('journal', (tx) => rename(tx, id, name));
  }

  async move(id: number, description: TargetDescription): Promise<void> {
    await this.#db.write('journal', async (tx) => {
      const there = await rowByKey(tx, description);
      if (there !== undefined && there.id !== id)
        throw new AddressTakenError(description.canonicalUrl, there.name);
      const { urlHash, teamSlug, userEmail, kind } = description;
      const identity = { urlHash, teamSlug, userEmail, kind, ...addressStored(description) };
      await tx.run(sql.MOVE, { id, ...identity });
    });
  }

  noteGzip(id: number, readsGzip: boolean): Promise<void> {
    return this.#change(id, sql.NOTE_GZIP, { readsGzip: readsGzip ? 1 : 0 });
  }

  label(id: number, label: string | null): Promise<void> {
    return this.#change(id, sql.LABEL, { label: storable(label) });
  }

  acknowledge(id: number): Promise<void> {
    return this.#change(id, sql.ACKNOWLEDGE);
  }

  retire(id: number, now: number): Promise<void> {
    return this.#change(id, sql.RETIRE, { now });
  }

  restore(id: number): Promise<void> {
    return this.#change(id, sql.RESTORE);
  }

  /** Retention reads which targets are retired: such a change waits for it, as for a drain of the target. */
  async #change(id: number, statement: string, values: object = {}): Promise<void> {
    const locks = ['classes shared', { target: id }] as const;
    await this.#db.write(locks, (tx) => tx.run(statement, { id, ...values }));
  }
}

/** True where the row says already what the description does. */
function isFollowed(known: TargetRow, description: TargetDescription): boolean {
  const { settings, rawEndpoint, startsAnew } = followed(description, known);
  const isNamed = description.name === undefined || description.name === known.name;
  const isSame = known.settings === settings && known.rawEndpoint === rawEndpoint;
  return isNamed && isSame && !startsAnew;
}

/** All but another start of a known target, which takes longer. */
async function follow(
  tx: Transaction,
  description: TargetDescription,
  now: number,
): Promise<Followed> {
  const known = await rowByKey(tx, description);
  const { from, startsAnew, ...following } = followed(description, known);
  const start = startsAnew ? await startOf(tx, from, now) : undefined;
  if (known === undefined) {
    const id = await insert(tx, { ...description, ...following }, now);
    await startNew(tx, id, start ?? 0);
    return { id, from, start: undefined };
  }
  const { id } = known;
  if (known.settings !== following.settings || known.rawEndpoint !== following.rawEndpoint)
    await tx.run(sql.FOLLOW_DESCRIPTION, { id, ...following });
  if (description.name !== undefined) await rename(tx, id, description.name);
  return { id, from, start };
}

type NewRow = Pick<
  TargetRow,
  'urlHash' | 'teamSlug' | 'userEmail' | 'kind' | 'canonicalUrl' | 'rawEndpoint' | 'settings'
> & { readonly name?: string | undefined };

async function insert(tx: Transaction, row: NewRow, now: number): Promise<number> {
  if (row.name !== undefined) await freeNameOf(tx, row.name);
  const taken = await namesOf(tx);
  const wanted = row.name ?? derivedName(row, row.canonicalUrl);
  const name = freeName(wanted, (one) => taken.has(one));
  const added = await tx.get<{ id: number }>(sql.INSERT, { ...row, name, now });
  if (added === undefined) throw new Error(`the target ${name} was not stored`);
  return added.id;
}

async function rename(tx: Transaction, id: number, name: string): Promise<void> {
  if ((await rowOf(tx, id))?.name === name) return;
  await freeNameOf(tx, name);
  await tx.run(sql.RENAME, { id, name });
}

/** A known target starts where `from` means: it is stored when that is done. */
async function setFrom(tx: Transaction, id: number, from: string | undefined): Promise<void> {
  const row = (await rowOf(tx, id)) as TargetRow;
  const settings = withFrom(JSON.parse(row.settings) as TargetSettings, from);
  await tx.run(sql.SET_SETTINGS, { id, settings: JSON.stringify(settings) });
}

async function addDeployment(
  tx: Transaction,
  id: number,
  metadata: DeploymentMetadata,
  now: number,
): Promise<number | null> {
  const added = await tx.get<{ ref: number }>(sql.ADD_DEPLOYMENT, {
    id,
    serverInstanceId: metadata.serverInstanceId ?? null,
    deploymentId: metadata.deploymentId ?? null,
    environmentName: metadata.environmentName ?? null,
    gitSha: metadata.gitSha ?? null,
    now,
  });
  return added?.ref ?? null;
}

function storableMetadata(metadata: DeploymentMetadata): DeploymentMetadata {
  const fields = Object.entries(metadata) as [keyof DeploymentMetadata, string][];
  return Object.fromEntries(fields.map(([field, value]) => [field, storable(value)]));
}

function rowOf(rows: Rows, id: number): Promise<TargetRow | undefined> {
  return rows.get<TargetRow>(sql.FIND, { id });
}

function rowByKey(
  rows: Rows,
  { urlHash, teamSlug, userEmail }: TargetKey,
): Promise<TargetRow | undefined> {
  return rows.get<TargetRow>(sql.FIND_BY_KEY, { urlHash, teamSlug, userEmail });
}
