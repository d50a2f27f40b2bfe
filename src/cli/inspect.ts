import { type EventStory, eventStory, type RevisionStory } from '../status/event-story.js';
import { EXIT } from './exit-codes.js';
import { UsageError } from './failure.js';
import { withApp } from './open-app.js';
import { Output } from './output.js';
import type { CommandBody } from './program.js';

/** `redrain inspect EVENT_ID`: one event's whole story. */
export const run: CommandBody = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const [eventId = ''] = call.args;
    const stores = app.readStores();
    try {
      const story = stores && eventStory(stores.db, await stores.targets.list(), eventId);
      if (story === undefined) throw new UsageError(`the journal has no event ${eventId}`);
      if (call.options.raw === true) writeRaw(story);
      else output.result(documentOf(story), () => tell(story));
      return EXIT.done;
    } finally {
      stores?.db.close();
    }
  });

/** The revision in force. */
function current(story: EventStory): RevisionStory {
  return story.revisions.at(-1) as RevisionStory;
}

function writeRaw(story: EventStory): void {
  const { bytes, class: why } = current(story);
  if (bytes === null) throw new UsageError(`the bytes of ${story.event_id} are gone: it is ${why}`);
  process.stdout.write(bytes);
}

/** Payloads as text: what was captured is UTF-8; anything else is shown in base64 as well. */
function documentOf(story: EventStory) {
  const revisions = story.revisions.map(({ bytes, ...revision }) => ({
    ...revision,
    payload: bytes?.toString('utf8') ?? null,
    payload_base64: bytes?.toString('base64') ?? null,
  }));
  return { ...story, revisions };
}

function tell(story: EventStory): string {
  const lines = [`event ${story.event_id}`];
  for (const revision of story.revisions) lines.push(...tellRevision(revision));
  for (const conflict of story.conflicts)
    lines.push(
      `conflict ${conflict.id}: another content (${conflict.incoming_size} bytes, SHA-256 ${conflict.incoming_sha}) found by ${conflict.found_by}, ${conflict.resolved_at === null ? 'not resolved' : `resolved: ${conflict.kept} kept`}`,
    );
  return lines.join('\n');
}

function tellRevision(revision: RevisionStory): string[] {
  const facts: [string, unknown][] = [
    ['revision', revision.revision],
    ['type', revision.event_type],
    ['project', revision.project_uuid ?? 'none'],
    ['occurred', revision.occurred_at ?? 'unknown'],
    ['captured', `${revision.captured_at} by ${revision.source}`],
    ['from', revision.checkout ?? 'unknown'],
    ['state', revision.class],
    ['blocked at capture', revision.drain_blocked_reason ?? 'no'],
    ['sha-256', revision.sha256],
    ['size', `${revision.size} bytes`],
  ];
  const lines = facts.map(([name, value]) => `  ${`${name}:`.padEnd(20)}${value}`);
  if (revision.undeliverable !== null) lines.push(`  undeliverable: ${revision.undeliverable}`);
  for (const target of revision.targets) lines.push(...tellTarget(target));
  lines.push('  payload:', ...pretty(revision.bytes));
  return lines;
}

function tellTarget(target: RevisionStory['targets'][number]): string[] {
  const name = `  target ${target.target_id} ${target.canonical_url}:`;
  const { delivery } = target;
  if (target.in_flight) return [`${name} in flight`];
  if (delivery === null) return [`${name} never sent`];
  const state = `${name} ${delivery.status} after ${delivery.attempt_count} attempts, generation ${delivery.generation}`;
  const lines = [delivery.last_error === null ? state : `${state}: ${delivery.last_error}`];
  if (delivery.next_attempt_at !== null) lines.push(`    next attempt ${delivery.next_attempt_at}`);
  for (const past of target.history)
    lines.push(
      `    generation ${past.generation}: ${past.status} at ${past.completed_at ?? past.last_attempted_at}`,
    );
  for (const post of target.posts)
    lines.push(
      `    ${post.started_at} post ${post.id}: ${post.outcome} (${post.http_status ?? 'no answer'}, ${post.events} events, ${post.duration_ms} ms)${post.error === null ? '' : `: ${post.error}`}`,
    );
  return lines;
}

function pretty(bytes: Buffer | null): string[] {
  if (bytes === null) return ['    (its bytes are no longer here)'];
  const text = bytes.toString('utf8');
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
      .split('\n')
      .map((line) => `    ${line}`);
  } catch {
    return [`    ${text}`];
  }
}
