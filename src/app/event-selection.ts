import type { EventFilter } from '../journal/event-filter.js';
import { UnknownEventError } from '../journal/unknown-event.js';
import { projectKey } from '../policy/projects.js';
import type { OriginRow } from '../reports/target-terms.js';
import type { JournalDatabase } from '../sqlite/journal-database.js';
import { knownOrigins } from '../sqlite/reports/known-origins.js';
import type { Stores } from './stores.js';

/** How people name events: the filters that `events`, `replay`, `retry` and `diff` share. */
export interface EventSelection {
  readonly type?: string | undefined;
  /** A project_uuid; `none` means events without one. */
  readonly project?: string | undefined;
  /** Captured at or after this, in epoch milliseconds. */
  readonly since?: number | undefined;
  /** Captured before this, in epoch milliseconds. */
  readonly until?: number | undefined;
  /** Only these; each must be known. */
  readonly events?: readonly string[] | undefined;
}

export const NO_PROJECT = 'none';

/** Looks up what was named; without a journal nothing is known. @throws UnknownEventError */
export async function filterOf(
  stores: Stores | undefined,
  selection: EventSelection,
): Promise<EventFilter> {
  const { type, project, since, until, events } = selection;
  return {
    type,
    since,
    until,
    originIds: project === undefined ? undefined : originsOf(stores?.db, project),
    seqs: events === undefined || events.length === 0 ? undefined : await seqsOf(stores, events),
  };
}

/** Origins as `status` counts them; target 0 is no target. */
export function allOrigins(db: JournalDatabase | undefined, targetId = 0): OriginRow[] {
  return db === undefined ? [] : knownOrigins(db, targetId);
}

function originsOf(db: JournalDatabase | undefined, project: string): number[] {
  const wanted = project === NO_PROJECT ? '' : projectKey(project);
  return allOrigins(db)
    .filter(({ projectUuid }) => projectKey(projectUuid) === wanted)
    .map(({ originId }) => originId);
}

async function seqsOf(stores: Stores | undefined, ids: readonly string[]): Promise<number[]> {
  const found: number[] = [];
  for (const id of ids) {
    const seqs = (await stores?.journal.seqsOfEvent(id)) ?? [];
    if (seqs.length === 0) throw new UnknownEventError(id);
    found.push(...seqs);
  }
  return found;
}
