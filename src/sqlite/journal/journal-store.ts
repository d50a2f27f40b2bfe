import { step } from '../../base/steps.js';
import type { JournalStore } from '../../journal/journal-store.js';
import type { AppendVerdict, EventSource, NewEvent } from '../../journal/new-event.js';
import type { JournalDatabase } from '../journal-database.js';
import { SEQS_OF } from './event-filter.sql.js';
import { GroupWriter } from './group-writer.js';
import * as sql from './journal.sql.js';
import { SameContent, TooMuchToCompare } from './same-content.js';

/** The journal on SQLite. Appending is all it can do to events. */
export class SqliteJournal implements JournalStore {
  readonly #db: JournalDatabase;
  /** Ids of origins known to be committed. */
  readonly #origins = new Map<string, number>();

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async append(events: readonly NewEvent[], source: EventSource): Promise<AppendVerdict[]> {
    const verdicts = await this.#writeGroup(events, source, (group) => group.write(events));
    step('journal.appended');
    return verdicts;
  }

  async appendSpooled(
    file: string,
    events: readonly NewEvent[],
    problems: readonly string[],
  ): Promise<AppendVerdict[] | undefined> {
    const notes = problems.length === 0 ? null : JSON.stringify(problems);
    const verdicts = await this.#writeGroup(events, 'spool', (group) => {
      const claimed = this.#db
        .statement(sql.CLAIM_SPOOL_FILE)
        .run(file, Date.now(), events.length, notes);
      return claimed.changes === 0 ? undefined : group.write(events);
    });
    step('journal.spool-appended');
    return verdicts;
  }

  async countDiscarded(families: ReadonlyMap<string, number>): Promise<void> {
    await this.#db.write(() => {
      const count = this.#db.statement(sql.COUNT_DISCARDED);
      for (const [family, events] of families) count.run(family, events);
    });
  }

  async head(): Promise<number> {
    return (this.#db.statement(sql.HEAD).get() as { head: number }).head;
  }

  async seqsOfEvent(eventId: string): Promise<number[]> {
    const rows = this.#db.statement<[string], { seq: number }>(SEQS_OF).all(eventId);
    return rows.map(({ seq }) => seq);
  }

  /** Where a transaction would take long to compare contents, they are compared first, and it is run again. */
  async #writeGroup<T extends AppendVerdict[] | undefined>(
    events: readonly NewEvent[],
    source: EventSource,
    work: (group: GroupWriter) => T,
  ): Promise<T> {
    const content = new SameContent(this.#db);
    for (;;) {
      const group = new GroupWriter(this.#db, source, this.#origins, undefined, content);
      const run = () => work(group);
      try {
        const verdicts = await (source === 'capture' ? this.#db.append(run) : this.#db.write(run));
        if (verdicts !== undefined) this.#rememberOrigins(group);
        return verdicts;
      } catch (error) {
        if (!(error instanceof TooMuchToCompare)) throw error;
      }
      await content.lookAhead(events);
    }
  }

  /** Only after COMMIT: an origin of a rolled back group does not exist. */
  #rememberOrigins(group: GroupWriter): void {
    for (const [key, id] of group.newOrigins) this.#origins.set(key, id);
  }
}
