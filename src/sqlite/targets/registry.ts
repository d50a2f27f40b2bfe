import { freeName } from '../../config/target-name.js';
import type { DeploymentMetadata } from '../../dispatch/ports.js';
import { addressStored, deploymentNews, followed } from '../../targets/following.js';
import {
  AddressTakenError,
  type ResetSignalRecord,
  type TargetDescription,
  type TargetKey,
  type TargetRecord,
  type TargetRegistry,
} from '../../targets/registry.js';
import type { ResetSignal } from '../../targets/reset-signal.js';
import { derivedName } from '../../targets/target-name.js';
import { type TargetRow, toRecord } from '../../targets/target-row.js';
import type { JournalDatabase } from '../journal-database.js';
import { moveStart, startNew, startOf } from '../ledger/start.js';
import * as sql from './targets.sql.js';

/** A row that follows its description, and what is left to do. */
interface Followed {
  readonly id: number;
  readonly from: string | undefined;
  /** Where a known target is to start now; undefined when that is as it was. */
  readonly start: number | undefined;
}

/** A row, and what was made of it. */
interface Found {
  readonly row: TargetRow;
  readonly record: TargetRecord;
}

function isSameRow(before: TargetRow, row: TargetRow): boolean {
  for (const column in row)
    if (row[column as keyof TargetRow] !== before[column as keyof TargetRow]) return false;
  return true;
}

/** The target registry on SQLite. */
export class SqliteTargets implements TargetRegistry {
  readonly #db: JournalDatabase;
  /** What was found last, by id: a drain asks before every request, and little changes in between. */
  readonly #found = new Map<number, Found>();

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async ensure(description: TargetDescription, now: number): Promise<TargetRecord> {
    const { from, id, start } = await this.#db.write(() => this.#follow(description, now));
    if (start !== undefined) {
      await this.startAt(id, start, now);
      await this.#db.write(() => this.#db.statement(sql.SET_FROM).run({ id, from: from ?? null }));
    }
    return toRecord(this.#row(id) as TargetRow);
  }

  /** All but another start of a known target, which takes longer. */
  #follow(description: TargetDescription, now: number): Followed {
    const { unsaid: _unsaid, name: _name, ...described } = description;
    const known = this.#rowByKey(description);
    const { from, startsAnew, ...following } = followed(description, known);
    const start = startsAnew ? startOf(this.#db, from, now) : undefined;
    const values = { ...described, ...following, now };
    if (description.name !== undefined && known?.name !== description.name)
      this.#freeName(description.name);
    if (known === undefined) {
      const name = this.#newName(description, following.canonicalUrl);
      const added = this.#db.statement(sql.INSERT).run({ ...values, name });
      const id = Number(added.lastInsertRowid);
      startNew(this.#db, id, start ?? 0);
      return { id, from, start: undefined };
    }
    if (known.settings !== following.settings || known.rawEndpoint !== following.rawEndpoint)
      this.#db.statement(sql.FOLLOW_DESCRIPTION).run(values);
    if (description.name !== undefined && known.name !== description.name)
      this.#db.statement(sql.RENAME).run({ id: known.id, name: description.name });
    return { id: known.id, from, start };
  }

  async startSeqOf(from: string | undefined, now: number): Promise<number> {
    return this.#db.read(() => startOf(this.#db, from, now));
  }

  startAt(id: number, seq: number, now: number): Promise<void> {
    return moveStart(this.#db, id, seq, now);
  }

  async find(id: number): Promise<TargetRecord | undefined> {
    const row = this.#row(id);
    if (row === undefined) return undefined;
    const before = this.#found.get(id);
    if (before !== undefined && isSameRow(before.row, row)) return before.record;
    const record = toRecord(row);
    this.#found.set(id, { row, record });
    return record;
  }

  async findByKey(key: TargetKey): Promise<TargetRecord | undefined> {
    const row = this.#rowByKey(key);
    return row === undefined ? undefined : toRecord(row);
  }

  async list(): Promise<TargetRecord[]> {
    return (this.#db.statement(sql.LIST).all() as TargetRow[]).map(toRecord);
  }

  async noteDeployment(
    id: number,
    metadata: DeploymentMetadata,
    now: number,
  ): Promise<number | null> {
    return this.#db.write(() => {
      const row = this.#row(id);
      if (row === undefined) return null;
      const { signal, added } = deploymentNews(row, metadata);
      if (signal !== undefined) this.#raise(id, signal, now);
      return added === undefined ? row.deploymentRef : this.#addDeployment(id, added, now);
    });
  }

  async rename(id: number, name: string): Promise<void> {
    await this.#db.write(() => {
      if (this.#row(id)?.name === name) return;
      this.#freeName(name);
      this.#db.statement(sql.RENAME).run({ id, name });
    });
  }

  async move(id: number, description: TargetDescription): Promise<void> {
    await this.#db.write(() => {
      const there = this.#rowByKey(description);
      if (there !== undefined && there.id !== id)
        throw new AddressTakenError(description.canonicalUrl, there.name);
      const { urlHash, teamSlug, userEmail, kind } = description;
      const identity = { urlHash, teamSlug, userEmail, kind, ...addressStored(description) };
      this.#db.statement(sql.MOVE).run({ id, ...identity });
    });
  }

  async noteGzip(id: number, readsGzip: boolean): Promise<void> {
    const values = { id, readsGzip: readsGzip ? 1 : 0 };
    await this.#db.write(() => this.#db.statement(sql.NOTE_GZIP).run(values));
  }

  async label(id: number, label: string | null): Promise<void> {
    await this.#db.write(() => this.#db.statement(sql.LABEL).run({ id, label }));
  }

  async acknowledge(id: number): Promise<void> {
    await this.#db.write(() => this.#db.statement(sql.ACKNOWLEDGE).run(id));
  }

  async retire(id: number, now: number): Promise<void> {
    await this.#db.write(() => this.#db.statement(sql.RETIRE).run({ id, now }));
  }

  async restore(id: number): Promise<void> {
    await this.#db.write(() => this.#db.statement(sql.RESTORE).run(id));
  }

  #newName(description: TargetDescription, canonical: string): string {
    const wanted = description.name ?? derivedName(description, canonical);
    return freeName(wanted, (name) => this.#named(name) !== undefined);
  }

  /** Whoever had the name keeps working under another. */
  #freeName(name: string): void {
    const holder = this.#named(name);
    if (holder === undefined) return;
    const old = freeName(`${name}-old`, (one) => this.#named(one) !== undefined);
    this.#db.statement(sql.RENAME).run({ id: holder.id, name: old });
  }

  #named(name: string): { readonly id: number } | undefined {
    return this.#db.statement<[string], { id: number }>(sql.BY_NAME).get(name);
  }

  #addDeployment(targetId: number, metadata: DeploymentMetadata, now: number): number {
    const added = this.#db.statement(sql.INSERT_DEPLOYMENT).run({
      targetId,
      serverInstanceId: metadata.serverInstanceId ?? null,
      deploymentId: metadata.deploymentId ?? null,
      environmentName: metadata.environmentName ?? null,
      gitSha: metadata.gitSha ?? null,
      now,
    });
    const ref = Number(added.lastInsertRowid);
    this.#db.statement(sql.SET_DEPLOYMENT).run({ ref, targetId });
    return ref;
  }

  #raise(targetId: number, signal: ResetSignal, now: number): void {
    const record: ResetSignalRecord = { ...signal, at: now };
    this.#db.statement(sql.RAISE_RESET).run({ signal: JSON.stringify(record), targetId });
  }

  #row(id: number): TargetRow | undefined {
    return this.#db.statement<[number], TargetRow>(sql.FIND).get(id);
  }

  #rowByKey({ urlHash, teamSlug, userEmail }: TargetKey): TargetRow | undefined {
    return this.#db.statement(sql.FIND_BY_KEY).get({ urlHash, teamSlug, userEmail }) as
      | TargetRow
      | undefined;
  }
}
