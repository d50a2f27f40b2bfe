import type { JournaledStory, RevisionStory, TargetStory } from '../../reports/story.js';
import {
  redactionStory,
  revisionStory,
  type StoryRow,
  targetStory,
  withIsoTimes,
} from '../../reports/story-rows.js';
import { timelineOf } from '../../reports/timeline.js';
import type { TargetRecord } from '../../targets/registry.js';
import type { Queries } from '../transaction.js';
import * as sql from './status.sql.js';

/** The whole story of an event id, on one snapshot. */
export async function eventStory(
  queries: Queries,
  eventId: string,
  targets: readonly TargetRecord[],
): Promise<JournaledStory | undefined> {
  const rows = await queries.all<StoryRow>(sql.EVENT_BY_ID, { eventId });
  if (rows.length === 0) return undefined;
  const revisions: RevisionStory[] = [];
  for (const row of rows) revisions.push(await storyOf(queries, row, targets));
  const facts = {
    event_id: eventId,
    revisions,
    conflicts: (await queries.all<StoryRow>(sql.CONFLICTS_OF, { eventId })).map(withIsoTimes),
    redaction: redactionStory(await queries.get<StoryRow>(sql.REDACTION_OF, { eventId })),
  };
  return { ...facts, timeline: timelineOf(facts) };
}

async function storyOf(
  queries: Queries,
  row: StoryRow,
  targets: readonly TargetRecord[],
): Promise<RevisionStory> {
  const seq = row.seq as number;
  const sources = await queries.all<StoryRow>(sql.IMPORTED_FROM, { seq });
  const stories: TargetStory[] = [];
  for (const target of targets) stories.push(await storyAt(queries, target, seq));
  return revisionStory(row, sources, stories);
}

async function storyAt(queries: Queries, target: TargetRecord, seq: number): Promise<TargetStory> {
  const key = { seq, targetId: target.id };
  return targetStory(target, seq, {
    delivery: await queries.get<StoryRow>(sql.DELIVERIES_OF, key),
    flight: await queries.get<{ seqs: string }>(sql.IN_FLIGHT, key),
    history: await queries.all<StoryRow>(sql.HISTORY_OF, key),
    posts: await queries.all<StoryRow>(sql.POSTS_AROUND, key),
  });
}
