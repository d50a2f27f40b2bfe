import type { SpoolWaiting } from '../journal/spool.js';
import { NO_TARGET } from '../reports/counts.js';
import type { EventQuery, EventState, ExportedEvent, ListedEvent } from '../reports/event-list.js';
import type { EventPage } from '../reports/event-page.js';
import type { EventRun } from '../reports/event-run.js';
import { orUnreadable, type UnreadableSection } from '../reports/or-unreadable.js';
import type { Stores } from '../stores.js';
import type { TargetRecord } from '../targets/registry.js';
import type { App } from './app.js';
import { type EventSelection, filterOf } from './event-selection.js';
import { activeRow, lookUp } from './named-target.js';
import { newStartOf, permissionAt } from './target-permission.js';

export interface EventsOptions extends EventSelection {
  readonly state?: EventState | undefined;
  /** Id or address of the target that the states are at; the active one when absent. */
  readonly target?: string | undefined;
  /** Most events of a list; 50 when absent. */
  readonly limit?: number | undefined;
}

export interface EventsReport {
  /** The target that `state` is at; null while there is none. */
  readonly target_id: number | null;
  readonly target_name: string | null;
  readonly target_url: string | null;
  /** Newest first. */
  readonly events: readonly ListedEvent[];
  /** Events that wait in the spool and are in no list yet, whatever was asked for. */
  readonly spooled: SpoolWaiting | UnreadableSection;
}

const DEFAULT_LIMIT = 50;

/**
 * The newest events that match. Changes nothing.
 *
 * @throws UnknownTargetNameError, UnknownEventError.
 */
export async function listEvents(app: App, options: EventsOptions = {}): Promise<EventsReport> {
  return withQuery(app, options, async (stores, query, target) => ({
    target_id: target?.id ?? null,
    target_name: target?.name ?? null,
    target_url: target?.canonicalUrl ?? null,
    events:
      stores === undefined
        ? []
        : await stores.reports.newestEvents(query, options.limit ?? DEFAULT_LIMIT),
    spooled: spoolOf(app),
  }));
}

export interface EventPageOptions extends EventsOptions {
  /** Only events whose error has this cause, as for a retry; with the states that have one. */
  readonly cause?: string | undefined;
  /** `older` and `isAside` of the page before. */
  readonly before?: number | undefined;
  readonly isAside?: boolean | undefined;
  /** Milliseconds that the search may take. */
  readonly budgetMs: number;
}

/** One page of events, and the target that their states are at. */
export interface EventPageReport extends EventPage {
  readonly target: TargetRecord | undefined;
}

/**
 * The newest events that match, page by page, each in bounded time. Changes nothing.
 *
 * @throws UnknownTargetNameError, UnknownEventError.
 */
export async function readEventPage(app: App, options: EventPageOptions): Promise<EventPageReport> {
  const { cause, before, isAside, budgetMs, limit = DEFAULT_LIMIT } = options;
  return withQuery(app, options, async (stores, query, target) => {
    const asked = { ...query, cause, before, isAside, budgetMs, limit };
    const page = await stores?.reports.eventPage(asked);
    return { ...(page ?? NO_PAGE), target };
  });
}

export interface EventRunOptions extends Omit<EventsOptions, 'state'> {
  /** `through` of the run before; 0 for all events. */
  readonly after: number;
}

/**
 * The next events behind a sequence number, oldest first. Changes nothing.
 *
 * @throws UnknownTargetNameError, UnknownEventError.
 */
export async function readEventRun(app: App, options: EventRunOptions): Promise<EventRun> {
  const { after, limit = DEFAULT_LIMIT } = options;
  return withQuery(app, options, async (stores, query) => {
    const run = await stores?.reports.eventRun({ ...query, after, limit });
    return run ?? { events: [], through: after, head: 0 };
  });
}

const NO_PAGE: EventPage = { events: [], older: null, isAside: false, isFull: true };

/** What waits in the spool, which no list has yet. */
export function spoolOf(app: App): EventsReport['spooled'] {
  return orUnreadable(() => app.spool.waiting());
}

/**
 * Hands every event that matches to `take`, in journal order, with its exact
 * bytes, one after the other, until `take` returns false. Changes nothing.
 *
 * @throws UnknownTargetNameError, UnknownEventError.
 */
export async function exportMatching(
  app: App,
  options: EventsOptions,
  take: (event: ExportedEvent) => Promise<boolean>,
): Promise<void> {
  await withQuery(app, options, async (stores, query) => {
    if (stores === undefined) return;
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    for await (const event of stores.reports.exportEvents(query)) {
      if (left-- <= 0) return;
      if (!(await take(event))) return;
    }
  });
}

function withQuery<T>(
  app: App,
  options: EventsOptions,
  work: (
    stores: Stores | undefined,
    query: EventQuery,
    target: TargetRecord | undefined,
  ) => Promise<T>,
): Promise<T> {
  return app.reading(async ({ situation, stores }) => {
    const subject =
      options.target === undefined
        ? { record: await activeRow(stores?.targets, situation) }
        : await lookUp(stores?.targets, situation, options.target);
    const target = subject.record;
    const query = {
      targetId: target?.id ?? NO_TARGET,
      state: options.state,
      filter: await filterOf(stores, options),
      permission: permissionAt(situation, subject),
      newStart: await newStartOf(stores?.targets, situation, app.now(), subject),
    };
    return work(stores, query, target);
  });
}
