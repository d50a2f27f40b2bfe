import { rangesContain, type SeqRanges } from '../ledger/seq-ranges.js';
import type { TargetRecord } from '../targets/registry.js';
import type { RevisionStory, TargetStory } from './story.js';

/** A row as its columns name it. */
export type StoryRow = Readonly<Record<string, unknown>>;

/** The rows about one revision at one target. */
export interface TargetRows {
  readonly delivery: StoryRow | undefined;
  readonly flight: { readonly seqs: string } | undefined;
  readonly history: readonly StoryRow[];
  /** Those whose range holds the event. */
  readonly posts: readonly StoryRow[];
}

/** One revision as the story tells it: `row` is an event with its origin, payload, mark and purge record. */
export function revisionStory(
  row: StoryRow,
  sources: readonly StoryRow[],
  targets: readonly TargetStory[],
): RevisionStory {
  return {
    seq: row.seq as number,
    revision: row.revision as number,
    event_type: row.event_type as string,
    source: row.source as string,
    occurred_at: iso(row.occurred_at),
    captured_at: iso(row.captured_at) as string,
    project_uuid: (row.project_uuid as string) || null,
    repo_slug: (row.repo_slug as string) || null,
    checkout: (row.checkout as string) || null,
    producer_user: row.producer_user as string | null,
    producer_team: row.producer_team as string | null,
    drain_blocked_reason: row.drain_blocked_reason as string | null,
    undeliverable: row.undeliverable as string | null,
    sha256: row.digest as string,
    size: row.size as number,
    class: row.class as string,
    marked_at: iso(row.marked_at),
    other_event_id: row.other_event_id as string | null,
    superseded_by: row.superseded_by as string | null,
    purged_by: row.purged_by as string | null,
    purged_at: iso(row.purged_at),
    purge_detail: row.purge_detail as string | null,
    sources: sources.map(withIsoTimes),
    bytes: row.bytes as Buffer | null,
    targets,
  };
}

/** What became of the event with this sequence number at one target. */
export function targetStory(target: TargetRecord, seq: number, rows: TargetRows): TargetStory {
  const { delivery, flight, history, posts } = rows;
  return {
    target_id: target.id,
    target_name: target.name,
    canonical_url: target.canonicalUrl,
    in_flight: flight !== undefined && rangesContain(JSON.parse(flight.seqs) as SeqRanges, seq),
    delivery: delivery === undefined ? null : withIsoTimes(delivery),
    history: history.map(withIsoTimes),
    posts: posts.flatMap((row) => postOf(row, seq)),
  };
}

/** A post whose range holds the event may still have been without it. */
function postOf({ outcomes, ...row }: StoryRow, seq: number): StoryRow[] {
  const ranges = Object.entries(JSON.parse(outcomes as string) as Record<string, SeqRanges>);
  const outcome = ranges.find(([, seqs]) => rangesContain(seqs, seq))?.[0];
  return outcome === undefined ? [] : [{ ...withIsoTimes(row), outcome }];
}

/** A row whose moments, in columns that end in `_at`, are ISO 8601. */
export function withIsoTimes(row: StoryRow): StoryRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, name.endsWith('_at') ? iso(value) : value]),
  );
}

function iso(at: unknown): string | null {
  return typeof at === 'number' ? new Date(at).toISOString() : null;
}

/** The redaction on record, as the story tells it. */
export const redactionStory = (
  row: StoryRow | undefined,
): { readonly at: string; readonly reason: string } | null =>
  row === undefined ? null : { at: iso(row.at) as string, reason: row.reason as string };
