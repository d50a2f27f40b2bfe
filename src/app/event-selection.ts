import type { EventFilter } from '../journal/event-filter.js';
import { UnknownEventError } from '../journal/unknown-event.js';
import { projectKey } from '../policy/projects.js';
import type { OriginRow } from '../reports/target-terms.js';
import { seqsOfEvent } from '../sqlite/journal/seqs-of-event.js';
import type { JournalDatabase } from '../sqlite/journal-database.js';
import { knownOrigins } from '../sqlite/reports/known-origins.js';

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
export function filterOf(db: JournalDatabase | undefined, selection: EventSelection): EventFilter {
  const { type, project, since, until, events } = selection;
  return {
    type,
    since,
    until,
    originIds: project === undefined ? undefined : originsOf(db, project),
    seqs: events === undefined || events.length === 0 ? undefined : seqsOf(db, events),
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

function seqsOf(db: JournalDatabase | undefined, ids: readonly string[]): number[] {
  return ids.flatMap((id) => {
    const seqs = db === undefined ? [] : seqsOfEvent(db, id);
    if (seqs.length === 0) throw new UnknownEventError(id);
    return seqs;
  });
}
