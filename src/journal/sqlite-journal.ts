import type { JournalDatabase } from '../storage/journal-database.js';
import { step } from '../storage/steps.js';
import { GroupWriter } from './group-writer.js';
import * as sql from './journal.sql.js';
import type { AppendVerdict, EventJournal, EventSource, NewEvent } from './new-event.js';

/** The journal on SQLite. Appending is all it can do to events. */
export class SqliteJournal implements EventJournal {
  readonly #db: JournalDatabase;
  /** Ids of origins known to be committed. */
  readonly #origins = new Map<string, number>();

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async append(events: readonly NewEvent[], source: EventSource): Promise<AppendVerdict[]> {
    const group = new GroupWriter(this.#db, source, this.#origins);
    const verdicts = await this.#db.write(() => group.write(events));
    this.#rememberOrigins(group);
    step('journal.appended');
    return verdicts;
  }

  async appendSpooled(
    file: string,
    events: readonly NewEvent[],
    problems: readonly string[],
  ): Promise<AppendVerdict[] | undefined> {
    const group = new GroupWriter(this.#db, 'spool', this.#origins);
    const verdicts = await this.#db.write(() => {
      const notes = problems.length === 0 ? null : JSON.stringify(problems);
      const claimed = this.#db
        .statement(sql.CLAIM_SPOOL_FILE)
        .run(file, Date.now(), events.length, notes);
      return claimed.changes === 0 ? undefined : group.write(events);
    });
    if (verdicts !== undefined) this.#rememberOrigins(group);
    step('journal.spool-appended');
    return verdicts;
  }

  async countDiscarded(families: ReadonlyMap<string, number>): Promise<void> {
    await this.#db.write(() => {
      const count = this.#db.statement(sql.COUNT_DISCARDED);
      for (const [family, events] of families) count.run(family, events);
    });
  }

  /** The last sequence number; 0 before the first. */
  async head(): Promise<number> {
    return (this.#db.statement(sql.HEAD).get() as { head: number }).head;
  }

  /** Only after COMMIT: an origin of a rolled back group does not exist. */
  #rememberOrigins(group: GroupWriter): void {
    for (const [key, id] of group.newOrigins) this.#origins.set(key, id);
  }
}
