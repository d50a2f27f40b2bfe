import type { CountedTarget, Counts } from '../../reports/counts.js';
import type {
  EventQuery,
  ExportedEvent,
  KnownOrigin,
  ListedEvent,
} from '../../reports/event-list.js';
import type { EventPage, EventPageQuery } from '../../reports/event-page.js';
import type { EventRun, EventRunQuery } from '../../reports/event-run.js';
import type { Growth } from '../../reports/growth.js';
import type { PostRow } from '../../reports/post-series.js';
import type {
  DifferencePage,
  DifferenceQuery,
  LatestPosts,
  Reports,
} from '../../reports/reports.js';
import type { JournaledStory } from '../../reports/story.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { JournalDatabase } from '../journal-database.js';
import { readCounts } from './counts.js';
import { differingEvents, eventRun, exportEvents, newestEvents } from './event-list.js';
import { eventPage } from './event-page.js';
import { eventStory } from './event-story.js';
import { readGrowth } from './growth.js';
import * as sql from './status.sql.js';

/** Reports on PostgreSQL. */
export class PostgresReports implements Reports {
  readonly #db: JournalDatabase;

  constructor(db: JournalDatabase) {
    this.#db = db;
  }

  counts(targets: readonly CountedTarget[]): Promise<Counts> {
    return this.#db.read((queries) => readCounts(queries, targets));
  }

  async latestPosts(targetId: number, passNo: number): Promise<LatestPosts> {
    const found = await this.#db.get<LatestPosts>(sql.LATEST_POSTS, { targetId, passNo });
    return found ?? { events: 0, ms: 0 };
  }

  posts(targetId: number, limit: number): Promise<PostRow[]> {
    return this.#db.all<PostRow>(sql.POSTS, { targetId, limit });
  }

  growth(moments: readonly number[]): Promise<Growth> {
    return this.#db.read((queries) => readGrowth(queries, moments));
  }

  knownOrigins(): Promise<KnownOrigin[]> {
    return this.#db.all<KnownOrigin>(sql.KNOWN_ORIGINS);
  }

  newestEvents(query: EventQuery, limit: number): Promise<ListedEvent[]> {
    return newestEvents(this.#db, query, limit);
  }

  eventPage(query: EventPageQuery): Promise<EventPage> {
    return eventPage(this.#db, query);
  }

  eventRun(query: EventRunQuery): Promise<EventRun> {
    return eventRun(this.#db, query);
  }

  exportEvents(query: EventQuery): AsyncIterable<ExportedEvent> {
    return exportEvents(this.#db, query);
  }

  differingEvents(query: DifferenceQuery, other: number): AsyncIterable<DifferencePage> {
    return differingEvents(this.#db, query, other);
  }

  eventStory(
    eventId: string,
    targets: readonly TargetRecord[],
  ): Promise<JournaledStory | undefined> {
    return this.#db.read((queries) => eventStory(queries, eventId, targets));
  }
}
