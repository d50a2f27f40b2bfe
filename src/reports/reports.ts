import type { TargetRecord } from '../targets/registry.js';
import type { CountedTarget, Counts } from './counts.js';
import type { EventQuery, ExportedEvent, KnownOrigin, ListedEvent } from './event-list.js';
import type { EventPage, EventPageQuery } from './event-page.js';
import type { EventRun, EventRunQuery } from './event-run.js';
import type { Growth } from './growth.js';
import type { PostRow } from './post-series.js';
import type { JournaledStory } from './story.js';

/**
 * What reports read, across journal, ledger and targets. Changes nothing, blocks
 * no writer and waits for none. Every method fails with a
 * StorageUnavailableError when the journal cannot be read.
 */
export interface Reports {
  /**
   * The numbers of `status` and of the gap of a target, from one snapshot, so
   * that they belong together. Costs O(origins × targets), whatever the size of
   * the journal.
   */
  counts(targets: readonly CountedTarget[]): Promise<Counts>;
  /** The latest posts to a target, at most 50, as far as they are of this pass and were answered. */
  latestPosts(targetId: number, passNo: number): Promise<LatestPosts>;
  /** The latest `limit` posts to a target, newest first. */
  posts(targetId: number, limit: number): Promise<PostRow[]>;
  /**
   * How many events had been captured before each of these moments (epoch milliseconds), found along
   * the order of capture: where a clock was set back, as near as that order tells. Costs
   * O(moments × log events).
   */
  growth(moments: readonly number[]): Promise<Growth>;
  /** Every origin that the journal knows, in the order in which they came. */
  knownOrigins(): Promise<KnownOrigin[]>;
  /** The newest `limit` events that match, newest first. */
  newestEvents(query: EventQuery, limit: number): Promise<ListedEvent[]>;
  /**
   * One page of a list that is read page by page, newest first. Stops when its time is used up,
   * and says from where to go on: no page takes long, however few events match. Times of the filter
   * are found along the order of capture, as `growth` finds them. Of `pending`, `rejected` and
   * `transient` it has the live events, which are those that can still go out.
   */
  eventPage(query: EventPageQuery): Promise<EventPage>;
  /**
   * The events behind a sequence number that match, in journal order. Run after run, each from where
   * the one before ended, none is missed and none is told twice, whoever captures meanwhile.
   */
  eventRun(query: EventRunQuery): Promise<EventRun>;
  /**
   * Every event that matches, in journal order. Reads bounded pages, each one
   * snapshot: memory stays flat, and the event loop gets a turn after each. An
   * event that is captured meanwhile may be among them.
   */
  exportEvents(query: EventQuery): AsyncIterable<ExportedEvent>;
  /**
   * Events delivered to the target of the query and not to `other`, in journal
   * order, in bounded pages; `state` and `permission` are those at `other`. Pages of a journal in
   * which little differs are empty, and say how far they came.
   */
  differingEvents(query: DifferenceQuery, other: number): AsyncIterable<DifferencePage>;
  /** The whole story of an event id; undefined when the journal never saw it. */
  eventStory(
    eventId: string,
    targets: readonly TargetRecord[],
  ): Promise<JournaledStory | undefined>;
}

/** Events that differ, and the sequence number up to which there are no others before the next page. */
export interface DifferencePage {
  readonly events: readonly ListedEvent[];
  readonly upTo: number;
}

/** Which differing events; `after` is the sequence number to begin behind. */
export type DifferenceQuery = Omit<EventQuery, 'state'> & { readonly after?: number | undefined };

/** The latest posts of a pass, summed. */
export interface LatestPosts {
  /** 0 when there was none. */
  readonly events: number;
  /** Milliseconds from the start of the first to the end of the last. */
  readonly ms: number;
}
