import type { EventFilter } from '../journal/event-filter.js';
import { UnknownEventError } from '../journal/unknown-event.js';
import { projectKey } from '../policy/projects.js';
import type { Stores } from '../stores.js';

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
  stores: Looked | undefined,
  selection: EventSelection,
): Promise<EventFilter> {
  const { type, project, since, until, events = [] } = selection;
  return {
    type,
    since,
    until,
    originIds: project === undefined ? undefined : await originsOf(stores, project),
    seqs: events.length === 0 ? undefined : await seqsOf(stores, events),
  };
}

type Looked = Pick<Stores, 'journal' | 'reports'>;

async function originsOf(stores: Looked | undefined, project: string): Promise<number[]> {
  const wanted = project === NO_PROJECT ? '' : projectKey(project);
  const origins = (await stores?.reports.knownOrigins()) ?? [];
  return origins
    .filter(({ projectUuid }) => projectKey(projectUuid) === wanted)
    .map(({ originId }) => originId);
}

async function seqsOf(stores: Looked | undefined, ids: readonly string[]): Promise<number[]> {
  const seqs: number[] = [];
  const unknown: string[] = [];
  for (const id of new Set(ids)) {
    const found = (await stores?.journal.seqsOfEvent(id)) ?? [];
    if (found.length === 0) unknown.push(id);
    seqs.push(...found);
  }
  const [first, ...more] = unknown;
  if (first !== undefined) throw new UnknownEventError(first, more);
  return seqs;
}
