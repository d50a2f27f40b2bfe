import type { JournaledStory, TargetStory } from '../../reports/story.js';
import {
  redactionStory,
  revisionStory,
  type StoryRow,
  targetStory,
  withIsoTimes,
} from '../../reports/story-rows.js';
import { timelineOf } from '../../reports/timeline.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { JournalDatabase } from '../journal-database.js';
import * as sql from './status.sql.js';

/** The whole story of an event id. Inside a read that the caller holds. */
export function eventStory(
  db: JournalDatabase,
  eventId: string,
  targets: readonly TargetRecord[],
): JournaledStory | undefined {
  const rows = db.statement(sql.EVENT_BY_ID).all(eventId) as StoryRow[];
  if (rows.length === 0) return undefined;
  const conflicts = db.statement(sql.CONFLICTS_OF).all(eventId) as StoryRow[];
  const facts = {
    event_id: eventId,
    revisions: rows.map((row) => {
      const seq = row.seq as number;
      const sources = db.statement(sql.IMPORTED_FROM).all(seq) as StoryRow[];
      return revisionStory(
        row,
        sources,
        targets.map((target) => storyAt(db, target, seq)),
      );
    }),
    conflicts: conflicts.map(withIsoTimes),
    redaction: redactionStory(db.statement(sql.REDACTION_OF).get(eventId) as StoryRow | undefined),
  };
  return { ...facts, timeline: timelineOf(facts) };
}

function storyAt(db: JournalDatabase, target: TargetRecord, seq: number): TargetStory {
  const key = { seq, targetId: target.id };
  return targetStory(target, seq, {
    delivery: db.statement(sql.DELIVERIES_OF).get(key) as StoryRow | undefined,
    flight: db.statement(sql.IN_FLIGHT).get(target.id) as { seqs: string } | undefined,
    history: db.statement(sql.HISTORY_OF).all(key) as StoryRow[],
    posts: db.statement(sql.POSTS_AROUND).all(key) as StoryRow[],
  });
}
