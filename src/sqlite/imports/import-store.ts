import type {
  ImportOrder,
  ImportStore,
  OldQueue,
  SourceRecord,
} from '../../spec-kitty/legacy/import-store.js';
import {
  identityOfRow,
  type QueueRow,
  type RowIdentity,
} from '../../spec-kitty/legacy/queue-row.js';
import { joined, type QueuedEvent, queuedEvent } from '../../spec-kitty/legacy/queued-event.js';
import { SourceTally } from '../../spec-kitty/legacy/source-tally.js';
import { GroupWriter, type Written } from '../journal/group-writer.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './imports.sql.js';

/** Imports of old queue files on SQLite. */
export class SqliteImports implements ImportStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async findSource(path: string): Promise<SourceRecord | undefined> {
    return this.#db.statement<[string], SourceRecord>(sql.FIND_SOURCE).get(path);
  }

  async importQueue(queue: OldQueue, order: ImportOrder): Promise<SourceTally> {
    return this.#db.write(() => new QueueImport(this.#db, queue, order).run());
  }

  async recordUnreadable(order: ImportOrder, damage: string): Promise<void> {
    const uncounted = { events: 0, bodyUploads: null, failureLog: null };
    await this.#db.write(() =>
      this.#db.statement(sql.PUT_SOURCE).get({ ...sourceColumns(order), ...uncounted, damage }),
    );
  }

  async countWaiting(sourceId: number, rows: Iterable<QueueRow>): Promise<number> {
    let waiting = 0;
    for (const row of rows)
      if (nextVersion(this.#db, sourceId, identityOfRow(row)) !== undefined) waiting += 1;
    return waiting;
  }

  async openConflicts(): Promise<number> {
    return (this.#db.statement(sql.OPEN_IMPORT_CONFLICTS).get() as { open: number }).open;
  }

  async openConflictsOf(sourceId: number): Promise<number> {
    return (this.#db.statement(sql.OPEN_CONFLICTS_OF).get(sourceId) as { open: number }).open;
  }

  async noteRenamed(path: string, renamedTo: string): Promise<void> {
    await this.#db.write(() => this.#db.statement(sql.NOTE_RENAMED).run(renamedTo, path));
  }
}

interface KnownVersion {
  readonly version: bigint;
  readonly sha256: Buffer;
  readonly eventId: string;
}

/**
 * The number a row's next version would get, or undefined when this very
 * content was imported from this row before.
 */
function nextVersion(db: JournalDatabase, sourceId: number, row: RowIdentity): number | undefined {
  const known = db
    .statement<[number, bigint], KnownVersion>(sql.KNOWN_VERSIONS)
    .all(sourceId, row.id);
  const isKnown = known.some(
    ({ sha256, eventId }) => sha256.equals(row.sha256) && eventId === row.eventId,
  );
  return isKnown ? undefined : known.length + 1;
}

const NO_ORIGINS: ReadonlyMap<string, number> = new Map();

const sourceColumns = ({ file, fingerprint, owner, now }: ImportOrder) => ({
  path: file.path,
  digest: file.digest,
  fingerprint,
  importedAt: now,
  attribution: owner === null ? null : JSON.stringify(owner),
});

class QueueImport {
  readonly #db: JournalDatabase;
  readonly #queue: OldQueue;
  readonly #order: ImportOrder;
  readonly #tally = new SourceTally();
  readonly #writer: GroupWriter;

  constructor(db: JournalDatabase, queue: OldQueue, order: ImportOrder) {
    this.#db = db;
    this.#queue = queue;
    this.#order = order;
    const note = { sourceDigest: order.file.digest, foundAt: order.now };
    this.#writer = new GroupWriter(db, 'import', NO_ORIGINS, note);
  }

  run(): SourceTally {
    const isNew = this.#db.statement(sql.FIND_SOURCE).get(this.#order.file.path) === undefined;
    const { file, now } = this.#order;
    const { id } = this.#db.statement(sql.OPEN_SOURCE).get(file.path, file.digest, now) as {
      id: number;
    };
    for (const row of this.#queue.rows()) this.#take(id, isNew, row);
    this.#writer.finish();
    this.#db.statement(sql.PUT_SOURCE).get({
      ...sourceColumns(this.#order),
      events: this.#tally.counts.rows_read,
      bodyUploads: this.#queue.count('body_upload_queue'),
      failureLog: this.#queue.count('body_upload_failure_log'),
      damage: this.#queue.damage?.reason ?? null,
    });
    return this.#tally;
  }

  #take(sourceId: number, isNew: boolean, row: QueueRow): void {
    const { counts } = this.#tally;
    counts.rows_read += 1;
    const identity = identityOfRow(row);
    const version = isNew ? 1 : nextVersion(this.#db, sourceId, identity);
    if (version === undefined) {
      counts.already_there += 1;
      return;
    }
    const queued = queuedEvent(row, identity, this.#order.owner, this.#order.now);
    if (this.#queue.damage?.touchesRows === true && !queued.vouchesForItself) {
      counts.uncertain += 1;
      return;
    }
    const written = this.#writer.writeOne(queued.event);
    this.#count(written);
    this.#tally.note(row.id, queued);
    this.#recordRow(sourceId, row.id, version, written, queued);
  }

  #count({ verdict, conflictId }: Written): void {
    const { counts } = this.#tally;
    if (verdict === 'captured') counts.imported += 1;
    else if (verdict === 'duplicate') counts.identical += 1;
    else if (this.#isOpen(conflictId)) counts.conflicting += 1;
    else counts.decided += 1;
  }

  #isOpen(conflictId: number | null): boolean {
    return this.#db.statement(sql.IS_OPEN).get(conflictId) !== undefined;
  }

  #recordRow(
    sourceId: number,
    rowId: bigint,
    version: number,
    written: Written,
    { event, enqueuedAt, retryCount, flag, warning }: QueuedEvent,
  ): void {
    this.#db
      .statement(sql.INSERT_ROW)
      .run(
        sourceId,
        rowId,
        version,
        written.seq,
        written.conflictId,
        event.sha256,
        enqueuedAt,
        retryCount,
        joined(flag, warning),
      );
  }
}
