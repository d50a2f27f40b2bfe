import { Address } from '../../address/address.js';
import { shownAddress } from '../../address/shown-address.js';
import { freeName } from '../../config/target-name.js';
import type { DeploymentMetadata, DrainBlockedReason } from '../../dispatch/ports.js';
import { canonicalUrl } from '../../targets/canonical-url.js';
import {
  AddressTakenError,
  type ResetSignalRecord,
  type TargetDescription,
  type TargetKey,
  type TargetKind,
  type TargetRecord,
  type TargetRegistry,
  type TargetSettings,
} from '../../targets/registry.js';
import { type ResetSignal, resetSignal } from '../../targets/reset-signal.js';
import { settingsInForce } from '../../targets/settings-in-force.js';
import { FROM_ALL } from '../../targets/start.js';
import { derivedName } from '../../targets/target-name.js';
import type { JournalDatabase } from '../journal-database.js';
import { moveStart, startNew, startOf } from '../ledger/start.js';
import * as sql from './targets.sql.js';

interface TargetRow {
  id: number;
  urlHash: string;
  teamSlug: string;
  userEmail: string;
  kind: TargetKind;
  canonicalUrl: string;
  rawEndpoint: string;
  settings: string;
  label: string | null;
  name: string;
  startSeq: number;
  createdAt: number;
  retiredAt: number | null;
  passNo: number;
  leaseHolder: string | null;
  circuitFailures: number;
  circuitOpenUntil: number | null;
  resumeAt: number | null;
  blockedReason: DrainBlockedReason | null;
  blockedMessage: string | null;
  resetSignal: string | null;
  lastDrainedAt: number | null;
  readsGzip: number | null;
  deploymentRef: number | null;
  serverInstanceId: string | null;
  deploymentId: string | null;
  environmentName: string | null;
  gitSha: string | null;
}

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
    const kept = known && (JSON.parse(known.settings) as TargetSettings);
    const inForce = settingsInForce(description, kept);
    const { from } = inForce;
    const isMoved = kept !== undefined && (kept.from ?? FROM_ALL) !== (from ?? FROM_ALL);
    const start = kept === undefined || isMoved ? startOf(this.#db, from, now) : undefined;
    const settings = JSON.stringify(isMoved ? withFrom(inForce, kept.from) : inForce);
    const rawEndpoint = description.rawEndpoint.reveal();
    const address = canonicalUrl(rawEndpoint);
    const values = { ...described, canonicalUrl: address, rawEndpoint, settings, now };
    if (description.name !== undefined && known?.name !== description.name)
      this.#freeName(description.name);
    if (known === undefined) {
      const name = this.#newName(description, address);
      const added = this.#db.statement(sql.INSERT).run({ ...values, name });
      const id = Number(added.lastInsertRowid);
      startNew(this.#db, id, start ?? 0);
      return { id, from, start: undefined };
    }
    if (known.settings !== settings || known.rawEndpoint !== rawEndpoint)
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
      if (row === undefined || Object.keys(metadata).length === 0)
        return row?.deploymentRef ?? null;
      const before = deploymentOf(row) ?? {};
      const signal = resetSignal(before, metadata);
      if (signal !== undefined) this.#raise(id, signal, now);
      if (row.deploymentRef !== null && sameDeployment(before, metadata)) return row.deploymentRef;
      // Another instance has said nothing yet of what the old one told.
      const known = signal === undefined ? before : {};
      return this.#addDeployment(id, { ...known, ...metadata }, now);
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
      const rawEndpoint = description.rawEndpoint.reveal();
      const address = canonicalUrl(rawEndpoint);
      const identity = { urlHash, teamSlug, userEmail, kind, rawEndpoint };
      this.#db.statement(sql.MOVE).run({ id, ...identity, canonicalUrl: address });
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

function withFrom(settings: TargetSettings, from: string | undefined): TargetSettings {
  const { from: _from, ...others } = settings;
  return from === undefined ? others : { ...others, from };
}

/** What a server does not tell stays as it was known: silence is no change. */
function sameDeployment(before: DeploymentMetadata, after: DeploymentMetadata): boolean {
  return Object.entries(after).every(
    ([field, value]) => before[field as keyof DeploymentMetadata] === value,
  );
}

function toRecord(row: TargetRow): TargetRecord {
  const {
    deploymentRef: _ref,
    serverInstanceId: _instance,
    deploymentId: _deployment,
    environmentName: _environment,
    gitSha: _sha,
    ...rest
  } = row;
  return {
    ...rest,
    canonicalUrl: shownAddress(row.canonicalUrl),
    readsGzip: row.readsGzip === null ? null : row.readsGzip === 1,
    rawEndpoint: new Address(row.rawEndpoint),
    settings: JSON.parse(row.settings) as TargetSettings,
    deployment: deploymentOf(row),
    resetSignal:
      row.resetSignal === null ? null : (JSON.parse(row.resetSignal) as ResetSignalRecord),
  };
}

function deploymentOf(row: TargetRow): DeploymentMetadata | null {
  if (row.deploymentRef === null) return null;
  return {
    ...(row.serverInstanceId === null ? {} : { serverInstanceId: row.serverInstanceId }),
    ...(row.deploymentId === null ? {} : { deploymentId: row.deploymentId }),
    ...(row.environmentName === null ? {} : { environmentName: row.environmentName }),
    ...(row.gitSha === null ? {} : { gitSha: row.gitSha }),
  };
}
