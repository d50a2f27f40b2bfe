import type {
  ImportOrder,
  ImportStore,
  OldQueue,
  SourceRecord,
} from '../../spec-kitty/legacy/import-store.js';
import type { QueueRow } from '../../spec-kitty/legacy/queue-row.js';
import type { SourceTally } from '../../spec-kitty/legacy/source-tally.js';
import type { JournalDatabase } from '../journal-database.js';
import { storable } from '../text.js';
import * as sql from './imports.sql.js';
import { QueueImport, sourceColumns } from './queue-import.js';
import { numbered, rowPages } from './row-pages.js';

/** Imports of old queue files on PostgreSQL. */
export class PostgresImports implements ImportStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  findSource(path: string): Promise<SourceRecord | undefined> {
    return this.#db.get<SourceRecord>(sql.FIND_SOURCE, { path });
  }

  importQueue(queue: OldQueue, order: ImportOrder): Promise<SourceTally> {
    return this.#db.write('journal', (tx) => new QueueImport(tx, queue, order).run());
  }

  async recordUnreadable(order: ImportOrder, damage: string): Promise<void> {
    const uncounted = { events: 0, bodyUploads: null, failureLog: null };
    const source = { ...sourceColumns(order), ...uncounted, damage: storable(damage) };
    await this.#db.write('journal', (tx) => tx.run(sql.PUT_SOURCE, source));
  }

  async countWaiting(sourceId: number, rows: Iterable<QueueRow>): Promise<number> {
    let waiting = 0;
    for (const page of rowPages(rows)) {
      const found = await numbered(this.#db, sourceId, page);
      waiting += found.filter(({ version }) => version !== undefined).length;
    }
    return waiting;
  }

  async openConflicts(): Promise<number> {
    return (await this.#db.get<{ open: number }>(sql.OPEN_IMPORT_CONFLICTS))?.open ?? 0;
  }

  async openConflictsOf(sourceId: number): Promise<number> {
    return (await this.#db.get<{ open: number }>(sql.OPEN_CONFLICTS_OF, { sourceId }))?.open ?? 0;
  }

  async noteRenamed(path: string, renamedTo: string): Promise<void> {
    await this.#db.write('journal', (tx) => tx.run(sql.NOTE_RENAMED, { path, renamedTo }));
  }
}
