import type { NewEvent } from '../../journal/new-event.js';
import { addedEvent } from '../../retention/added-event.js';
import type { ArchiveRecord } from '../../retention/archive-record.js';
import {
  type RestoredChunk,
  type RestoreOrder,
  type RestoreStore,
  tally,
} from '../../retention/restore-store.js';
import { GroupWriter } from '../journal/group-writer.js';
import { OriginIds } from '../journal/origin-ids.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Transaction } from '../transaction.js';
import { withCounters } from './census.js';
import { fatesOf } from './fates.js';
import * as sql from './retention.sql.js';

/** RestoreStore on PostgreSQL. */
export class PostgresRestore implements RestoreStore {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  preview(records: readonly ArchiveRecord[], order: RestoreOrder): Promise<RestoredChunk> {
    return this.#db.read(async (queries) => {
      const judged = await fatesOf(queries, records, order);
      return tally(judged.map(({ fate }) => fate));
    });
  }

  /** A target whose lane has passed an event gets a todo. Triggers check the digests. */
  restore(records: readonly ArchiveRecord[], order: RestoreOrder): Promise<RestoredChunk> {
    return this.#db.write(['journal', 'classes'], async (tx) => {
      const judged = await fatesOf(tx, records, order);
      const back = judged.filter(({ fate }) => fate === 'restored');
      const seqs = back.map(({ seq }) => seq as number);
      const payloads = back.map(({ record }) => record.bytes);
      await withCounters(tx, seqs, () => putBack(tx, seqs, payloads, order.now));
      const missing = judged.filter(({ fate }) => fate === 'added' || fate === 'conflicts');
      const { duplicates, ...sum } = await add(
        tx,
        missing.map(({ record }) => record),
        order,
      );
      const told = tally(judged.map(({ fate }) => fate));
      return { ...told, ...sum, present: told.present + duplicates };
    });
  }
}

async function putBack(
  tx: Transaction,
  seqs: readonly number[],
  payloads: readonly (Buffer | null)[],
  now: number,
): Promise<void> {
  await tx.run(sql.INSERT_PAYLOADS, { seqs, payloads });
  await tx.run(sql.DELETE_PURGES, { seqs });
  await tx.run(sql.STAYS_REPLACED, { seqs });
  const unmarked = (await tx.all<{ seq: number }>(sql.UNMARK, { seqs })).map(({ seq }) => seq);
  if (unmarked.length === 0) return;
  await tx.run(sql.INSERT_LIVE, { seqs: unmarked });
  await tx.run(sql.OWE_AGAIN, { seqs: unmarked, now });
}

/** New rows with numbers of their own; of the archive the audit log says which it was. */
async function add(
  tx: Transaction,
  records: readonly ArchiveRecord[],
  { now, archiveId }: RestoreOrder,
) {
  const events = records.map((record) => addedEvent(record) as NewEvent);
  const note = { sourceDigest: archiveId, foundAt: now };
  const origins = new OriginIds(new Map());
  const written = await new GroupWriter(tx, { source: 'archive', origins, note }).write(events);
  const added = events.filter((_, index) => written[index]?.verdict === 'captured');
  if (added.length > 0)
    await tx.run(sql.AUDIT_ADDED, {
      now,
      archiveId,
      eventIds: added.map(({ eventId }) => eventId),
      eventTypes: added.map(({ eventType }) => eventType),
    });
  const of = (verdict: string): number => written.filter((one) => one.verdict === verdict).length;
  // A duplicate is the same content in another spelling.
  return { added: added.length, conflicts: of('conflict'), duplicates: of('duplicate') };
}
