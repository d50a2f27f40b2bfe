import { GroupWriter, type Written } from '../journal/group-writer.js';
import type { JournalDatabase } from '../storage/journal-database.js';
import type { ScopeParts } from '../targets/scope.js';
import { findSource, nextVersion } from './import-records.js';
import * as sql from './imports.sql.js';
import type { QueueDatabase } from './queue-database.js';
import type { QueueFile } from './queue-files.js';
import type { QueueRow } from './queue-row.js';
import { joined, type QueuedEvent, queuedEvent } from './queued-event.js';
import { identityOfRow } from './row-identity.js';
import { SourceTally } from './source-tally.js';

/** What an import of one file is told. */
export interface ImportOrder {
  readonly file: QueueFile;
  readonly fingerprint: string;
  readonly owner: ScopeParts | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

const NO_ORIGINS: ReadonlyMap<string, number> = new Map();

/**
 * Takes every row of one old file into the journal, in one transaction with
 * its provenance: all of it or nothing. Rows that were imported before add
 * nothing. The rows are read as they are written, so memory stays flat.
 */
export function importQueue(
  db: JournalDatabase,
  queue: QueueDatabase,
  order: ImportOrder,
): Promise<SourceTally> {
  return db.write(() => new QueueImport(db, queue, order).run());
}

/** Records a file of which nothing can be read, so that it does not wait for ever. */
export function recordUnreadable(
  db: JournalDatabase,
  order: ImportOrder,
  damage: string,
): Promise<void> {
  return db.write(() => {
    db.statement(sql.PUT_SOURCE).get({
      ...sourceColumns(order),
      events: 0,
      bodyUploads: null,
      failureLog: null,
      damage,
    });
  });
}

const sourceColumns = ({ file, fingerprint, owner, now }: ImportOrder) => ({
  path: file.path,
  digest: file.digest,
  fingerprint,
  importedAt: now,
  attribution: owner === null ? null : JSON.stringify(owner),
});

class QueueImport {
  readonly #db: JournalDatabase;
  readonly #queue: QueueDatabase;
  readonly #order: ImportOrder;
  readonly #tally = new SourceTally();
  readonly #writer: GroupWriter;

  constructor(db: JournalDatabase, queue: QueueDatabase, order: ImportOrder) {
    this.#db = db;
    this.#queue = queue;
    this.#order = order;
    const note = { sourceDigest: order.file.digest, foundAt: order.now };
    this.#writer = new GroupWriter(db, 'import', NO_ORIGINS, note);
  }

  run(): SourceTally {
    const isNew = findSource(this.#db, this.#order.file.path) === undefined;
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
