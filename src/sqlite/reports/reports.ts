import type { CountedTarget, Counts } from '../../reports/counts.js';
import type {
  EventQuery,
  ExportedEvent,
  KnownOrigin,
  ListedEvent,
} from '../../reports/event-list.js';
import type { DifferenceQuery, LatestPosts, Reports } from '../../reports/reports.js';
import type { JournaledStory } from '../../reports/story.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { JournalDatabase } from '../journal-database.js';
import { readCounts } from './counts.js';
import { differingEvents, exportEvents, newestEvents } from './event-list.js';
import { eventStory } from './event-story.js';
import * as sql from './status.sql.js';

/** Reports on SQLite. */
export class SqliteReports implements Reports {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  async counts(targets: readonly CountedTarget[]): Promise<Counts> {
    return this.#db.read(() => readCounts(this.#db, targets));
  }

  async latestPosts(targetId: number, passNo: number): Promise<LatestPosts> {
    return this.#db.read(
      () => this.#db.statement(sql.LATEST_POSTS).get({ targetId, passNo }) as LatestPosts,
    );
  }

  async knownOrigins(): Promise<KnownOrigin[]> {
    return this.#db.read(() => this.#db.statement(sql.KNOWN_ORIGINS).all() as KnownOrigin[]);
  }

  newestEvents(query: EventQuery, limit: number): Promise<ListedEvent[]> {
    return newestEvents(this.#db, query, limit);
  }

  exportEvents(query: EventQuery): AsyncIterable<ExportedEvent> {
    return exportEvents(this.#db, query);
  }

  differingEvents(query: DifferenceQuery, other: number): AsyncIterable<readonly ListedEvent[]> {
    return differingEvents(this.#db, query, other);
  }

  async eventStory(
    eventId: string,
    targets: readonly TargetRecord[],
  ): Promise<JournaledStory | undefined> {
    return this.#db.read(() => eventStory(this.#db, eventId, targets));
  }
}
