import { rangesContain, type SeqRanges } from '../../ledger/seq-ranges.js';
import type { JournaledStory, RevisionStory, TargetStory } from '../../reports/story.js';
import { timelineOf } from '../../reports/timeline.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './status.sql.js';

type Row = Record<string, unknown>;

/** The whole story of an event id. Inside a read that the caller holds. */
export function eventStory(
  db: JournalDatabase,
  eventId: string,
  targets: readonly TargetRecord[],
): JournaledStory | undefined {
  const rows = db.statement(sql.EVENT_BY_ID).all(eventId) as Row[];
  if (rows.length === 0) return undefined;
  const facts = {
    event_id: eventId,
    revisions: rows.map((row) => revisionStory(db, targets, row)),
    conflicts: db
      .statement(sql.CONFLICTS_OF)
      .all(eventId)
      .map((row) => withIsoTimes(row as Row)),
    redaction: redactionOf(db, eventId),
  };
  return { ...facts, timeline: timelineOf(facts) };
}

function redactionOf(db: JournalDatabase, eventId: string): JournaledStory['redaction'] {
  const row = db.statement(sql.REDACTION_OF).get(eventId) as Row | undefined;
  return row === undefined ? null : { at: iso(row.at) as string, reason: row.reason as string };
}

function revisionStory(
  db: JournalDatabase,
  targets: readonly TargetRecord[],
  row: Row,
): RevisionStory {
  const seq = row.seq as number;
  return {
    seq,
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
    sources: db
      .statement(sql.IMPORTED_FROM)
      .all(seq)
      .map((source) => withIsoTimes(source as Row)),
    bytes: row.bytes as Buffer | null,
    targets: targets.map((target) => targetStory(db, target, seq)),
  };
}

function targetStory(db: JournalDatabase, target: TargetRecord, seq: number): TargetStory {
  const key = { seq, targetId: target.id };
  const delivery = db.statement(sql.DELIVERIES_OF).get(key) as Row | undefined;
  const flight = db.statement(sql.IN_FLIGHT).get(target.id) as { seqs: string } | undefined;
  return {
    target_id: target.id,
    target_name: target.name,
    canonical_url: target.canonicalUrl,
    in_flight: flight !== undefined && rangesContain(JSON.parse(flight.seqs) as SeqRanges, seq),
    delivery: delivery === undefined ? null : withIsoTimes(delivery),
    history: db
      .statement(sql.HISTORY_OF)
      .all(key)
      .map((row) => withIsoTimes(row as Row)),
    posts: (db.statement(sql.POSTS_AROUND).all(key) as Row[]).flatMap((row) => postOf(row, seq)),
  };
}

/** A post whose range holds the event may still have been without it. */
function postOf({ outcomes, ...row }: Row, seq: number): Row[] {
  const ranges = Object.entries(JSON.parse(outcomes as string) as Record<string, SeqRanges>);
  const outcome = ranges.find(([, seqs]) => rangesContain(seqs, seq))?.[0];
  return outcome === undefined ? [] : [{ ...withIsoTimes(row), outcome }];
}

function withIsoTimes(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, name.endsWith('_at') ? iso(value) : value]),
  );
}

function iso(at: unknown): string | null {
  return typeof at === 'number' ? new Date(at).toISOString() : null;
}
