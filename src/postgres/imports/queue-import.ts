import type { ImportOrder, OldQueue } from '../../spec-kitty/legacy/import-store.js';
import { joined, type QueuedEvent, queuedEvent } from '../../spec-kitty/legacy/queued-event.js';
import { SourceTally } from '../../spec-kitty/legacy/source-tally.js';
import { GroupWriter, type Written } from '../journal/group-writer.js';
import { OriginIds } from '../journal/origin-ids.js';
import { storable } from '../text.js';
import type { Transaction } from '../transaction.js';
import * as sql from './imports.sql.js';
import { type NumberedRow, numbered, rowPages } from './row-pages.js';

/** A row that is taken in, and what it becomes. */
interface TakenRow extends NumberedRow {
  readonly queued: QueuedEvent;
}

/** The columns of a source that an order tells. */
export const sourceColumns = ({ file, fingerprint, owner, now }: ImportOrder) => ({
  path: file.path,
  digest: file.digest,
  fingerprint,
  importedAt: now,
  attribution: owner === null ? null : storable(JSON.stringify(owner)),
});

/** One import of one file, in a transaction that holds the lock of the journal. */
export class QueueImport {
  readonly #tx: Transaction;
  readonly #queue: OldQueue;
  readonly #order: ImportOrder;
  readonly #tally = new SourceTally();
  readonly #writer: GroupWriter;

  constructor(tx: Transaction, queue: OldQueue, order: ImportOrder) {
    this.#tx = tx;
    this.#queue = queue;
    this.#order = order;
    const note = { sourceDigest: order.file.digest, foundAt: order.now };
    const origins = new OriginIds(new Map());
    this.#writer = new GroupWriter(tx, { source: 'import', origins, note });
  }

  async run(): Promise<SourceTally> {
    const { file, now } = this.#order;
    const asked = { path: file.path, digest: file.digest, now };
    const source = await this.#tx.get<{ id: number }>(sql.OPEN_SOURCE, asked);
    // Pages are read between statements: none takes as long as the server lets a transaction idle.
    for (const page of rowPages(this.#queue.rows()))
      await this.#take(source?.id ?? 0, await numbered(this.#tx, source?.id ?? 0, page));
    await this.#tx.run(sql.PUT_SOURCE, {
      ...sourceColumns(this.#order),
      events: this.#tally.counts.rows_read,
      bodyUploads: this.#queue.count('body_upload_queue'),
      failureLog: this.#queue.count('body_upload_failure_log'),
      damage: storable(this.#queue.damage?.reason ?? null),
    });
    return this.#tally;
  }

  async #take(sourceId: number, rows: readonly NumberedRow[]): Promise<void> {
    const taken = rows.flatMap((row) => this.#wanted(row));
    if (taken.length === 0) return;
    const written = await this.#writer.write(taken.map(({ queued }) => queued.event));
    await this.#count(written);
    for (const { row, queued } of taken) this.#tally.note(row.id, queued);
    await this.#tx.run(sql.INSERT_ROWS, { sourceId, ...columnsOf(taken, written) });
  }

  #wanted(row: NumberedRow): TakenRow[] {
    const { counts } = this.#tally;
    counts.rows_read += 1;
    if (row.version === undefined) {
      counts.already_there += 1;
      return [];
    }
    const queued = queuedEvent(row.row, row.identity, this.#order.owner, this.#order.now);
    if (this.#queue.damage?.touchesRows === true && !queued.vouchesForItself) {
      counts.uncertain += 1;
      return [];
    }
    return [{ ...row, queued }];
  }

  async #count(written: readonly Written[]): Promise<void> {
    const { counts } = this.#tally;
    const ids = written.flatMap(({ conflictId }) => (conflictId === null ? [] : [conflictId]));
    const rows =
      ids.length === 0 ? [] : await this.#tx.all<{ id: number }>(sql.OPEN_AMONG, { ids });
    const open = new Set(rows.map(({ id }) => id));
    for (const { verdict, conflictId } of written)
      if (verdict === 'captured') counts.imported += 1;
      else if (verdict === 'duplicate') counts.identical += 1;
      else if (conflictId !== null && open.has(conflictId)) counts.conflicting += 1;
      else counts.decided += 1;
  }
}

const columnsOf = (taken: readonly TakenRow[], written: readonly Written[]) => ({
  rowIds: taken.map(({ row }) => String(row.id)),
  versions: taken.map(({ version }) => version),
  seqs: written.map(({ seq }) => seq),
  conflictIds: written.map(({ conflictId }) => conflictId),
  digests: taken.map(({ queued }) => queued.event.sha256),
  enqueuedAts: taken.map(({ queued }) => queued.enqueuedAt?.toString() ?? null),
  retryCounts: taken.map(({ queued }) => queued.retryCount?.toString() ?? null),
  notes: taken.map(({ queued }) => storable(joined(queued.flag, queued.warning))),
});
