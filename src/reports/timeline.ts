import { INTERRUPTED } from '../ledger/delivery-ledger.js';
import type { JournaledStory, RevisionStory, StoryEntry, TargetStory } from './story.js';

type Facts = Omit<JournaledStory, 'timeline'>;
type Row = Readonly<Record<string, unknown>>;

/** The whole story in the order of time; what happened at one moment stays in the order of cause. */
export function timelineOf(facts: Facts): StoryEntry[] {
  const entries = [
    ...facts.revisions.flatMap((revision) => revisionEntries(revision)),
    ...facts.conflicts.flatMap(conflictEntries),
    ...(facts.redaction === null
      ? []
      : [entry(facts.redaction.at, `its bytes were erased: ${facts.redaction.reason}`)]),
  ];
  return entries.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
}

const entry = (at: unknown, what: string, target?: At): StoryEntry => ({
  at: at as string,
  what,
  target_id: target?.target_id ?? null,
  target_name: target?.target_name ?? null,
});

/** The target that something happened at. */
type At = Pick<TargetStory, 'target_id' | 'target_name'>;

function revisionEntries(revision: RevisionStory): StoryEntry[] {
  return [
    ...captureEntries(revision),
    ...revision.targets.flatMap((target) => targetEntries(target)),
    ...leavingEntries(revision),
  ];
}

const HOW: Readonly<Record<string, string>> = {
  capture: 'captured',
  spool: 'taken in from the spool',
  import: 'imported from an old queue',
  archive: 'captured by another journal, taken in from its archive',
};

function captureEntries(revision: RevisionStory): StoryEntry[] {
  const { occurred_at, captured_at, source, drain_blocked_reason } = revision;
  const how = HOW[source] ?? `taken in by ${source}`;
  const which = revision.revision === 1 ? '' : ` as revision ${revision.revision}`;
  const blocked =
    drain_blocked_reason === null ? '' : `, delivery was blocked: ${drain_blocked_reason}`;
  const captured = entry(captured_at, `${how}${which}${blocked}`);
  if (occurred_at === null) return [captured];
  return [entry(occurred_at, 'happened, according to its producer'), captured];
}

function leavingEntries(revision: RevisionStory): StoryEntry[] {
  const { class: why, marked_at, other_event_id, purged_by, purged_at, purge_detail } = revision;
  const entries: StoryEntry[] = [];
  if (marked_at !== null) {
    const by = other_event_id === null ? '' : ` by ${other_event_id}`;
    entries.push(entry(marked_at, `${why}${by}: no longer sent`));
  }
  if (purged_at === null || purged_by === 'redact') return entries;
  const where = purge_detail === null ? '' : ` (${purge_detail})`;
  return [
    ...entries,
    entry(purged_at, `its bytes were removed from the journal by ${purged_by}${where}`),
  ];
}

function targetEntries(target: TargetStory): StoryEntry[] {
  const posts = target.posts.map((post) => entry(post.started_at, postText(post), target));
  const rows = [...target.history, ...(target.delivery === null ? [] : [target.delivery])];
  return [...posts, ...rows.flatMap((row) => deliveryEntries(row, target))];
}

function postText(post: Row): string {
  const status = post.http_status === null ? 'no answer' : `HTTP ${post.http_status}`;
  const error = post.error === null ? '' : `: ${post.error}`;
  const company = post.events === 1 ? 'alone' : `in a batch of ${post.events}`;
  const took =
    post.error === INTERRUPTED
      ? `found ${post.duration_ms} ms after it began`
      : `${post.duration_ms} ms`;
  return `sent ${company} (post ${post.id}, ${status}, ${took}): ${post.outcome}${error}`;
}

/** What the posts do not say: how a generation ended, and what comes next. */
function deliveryEntries(row: Row, at: At): StoryEntry[] {
  const generation = `generation ${row.generation}`;
  const entries: StoryEntry[] = [];
  if (row.completed_at !== null) {
    const why = row.last_error === null ? '' : `: ${row.last_error}`;
    entries.push(entry(row.completed_at, `${generation} ended with ${row.status}${why}`, at));
  }
  if (row.next_attempt_at !== null)
    entries.push(entry(row.next_attempt_at, `${generation}: earliest next attempt`, at));
  return entries;
}

function conflictEntries(conflict: Row): StoryEntry[] {
  const { id, found_at, resolved_at, kept, found_by } = conflict;
  const found = entry(
    found_at,
    `conflict ${id}: another content arrived by ${found_by}; both are kept`,
  );
  if (resolved_at === null) return [found];
  return [found, entry(resolved_at, `conflict ${id} resolved: ${kept} kept`)];
}
