import { step } from '../../base/steps.js';
import type { JournalStore } from '../../journal/journal-store.js';
import type { AppendVerdict, EventSource, NewEvent } from '../../journal/new-event.js';
import type { JournalDatabase } from '../journal-database.js';
import type { Transaction } from '../transaction.js';
import { SEQS_OF } from './event-filter.sql.js';
import { GroupCommit } from './group-commit.js';
import { GroupWriter } from './group-writer.js';
import * as sql from './journal.sql.js';
import { OriginIds } from './origin-ids.js';
import { SameContent, TooMuchToCompare } from './same-content.js';

/** The journal on PostgreSQL. Appending is all it can do to events. */
export class PostgresJournal implements JournalStore {
  readonly #db: JournalDatabase;
  readonly #groups: GroupCommit;
  /** Ids of origins known to be committed. */
  readonly #origins = new Map<string, number>();

  constructor(db: JournalDatabase) {
    this.#db = db;
    this.#groups = new GroupCommit((events, source) => this.#appendGroup(events, source));
  }

  async append(events: readonly NewEvent[], source: EventSource): Promise<AppendVerdict[]> {
    // The group that it would join may be one that waits already.
    this.#db.assertOutsideWrite();
    return this.#groups.append(events, source);
  }

  async appendSpooled(
    file: string,
    events: readonly NewEvent[],
    problems: readonly string[],
  ): Promise<AppendVerdict[] | undefined> {
    const notes = problems.length === 0 ? null : JSON.stringify(problems);
    const claim = { file, at: Date.now(), events: events.length, problems: notes };
    const verdicts = await this.#writeGroup(
      events,
      'spool',
      async (tx) => (await tx.run(sql.CLAIM_SPOOL_FILE, claim)) > 0,
    );
    step('journal.spool-appended');
    return verdicts;
  }

  async countDiscarded(families: ReadonlyMap<string, number>): Promise<void> {
    const counts = { families: [...families.keys()], events: [...families.values()] };
    await this.#db.write('journal', (tx) => tx.run(sql.COUNT_DISCARDED, counts));
  }

  async head(): Promise<number> {
    return (await this.#db.get<{ head: number }>(sql.HEAD))?.head ?? 0;
  }

  async seqsOfEvent(eventId: string): Promise<number[]> {
    const rows = await this.#db.all<{ seq: number }>(SEQS_OF, { eventId });
    return rows.map(({ seq }) => seq);
  }

  async #appendGroup(events: readonly NewEvent[], source: EventSource): Promise<AppendVerdict[]> {
    const verdicts = await this.#writeGroup(events, source, async () => true);
    step('journal.appended');
    return verdicts ?? [];
  }

  /**
   * One transaction, unless `isWanted` says that nothing is to be written. Where it would
   * take long to compare contents, they are compared first, and it is run again.
   */
  async #writeGroup(
    events: readonly NewEvent[],
    source: EventSource,
    isWanted: (tx: Transaction) => Promise<boolean>,
  ): Promise<AppendVerdict[] | undefined> {
    const content = new SameContent();
    const write = async (): Promise<AppendVerdict[] | undefined> => {
      let origins = new OriginIds(this.#origins);
      const written = await this.#db.write('journal', async (tx) => {
        origins = new OriginIds(this.#origins);
        if (!(await isWanted(tx))) return undefined;
        return new GroupWriter(tx, { source, origins, content }).write(events);
      });
      // Only after COMMIT: an origin of a rolled back group does not exist.
      for (const [key, id] of origins.found) this.#origins.set(key, id);
      return written?.map(({ verdict }) => verdict);
    };
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof TooMuchToCompare)) throw error;
    }
    await this.#db.read((queries) => content.lookAhead(queries, events));
    return write();
  }
}
