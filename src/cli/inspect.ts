import { eventStory } from '../status/event-story.js';
import type { EventStory, RevisionStory, StoryEntry } from '../status/story.js';
import { jsonText, oneLine, shortLine } from './color.js';
import type { CommandBody } from './command.js';
import { EXIT } from './exit-codes.js';
import { UsageError } from './failure.js';
import { withApp } from './open-app.js';
import { count, Output } from './output.js';
import { prettyJson } from './pretty-json.js';

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
  const lines = [`event ${shortLine(story.event_id)}`];
  for (const revision of story.revisions) lines.push(...tellRevision(revision));
  for (const conflict of story.conflicts)
    lines.push(
      `conflict ${conflict.id}: another content (${conflict.incoming_size} bytes, SHA-256 ${conflict.incoming_sha}) found by ${conflict.found_by}, ${conflict.resolved_at === null ? 'not resolved: `redrain conflicts show`' : `resolved: ${conflict.kept} kept`}`,
    );
  lines.push('what happened:', ...story.timeline.map(tellEntry));
  // One text, not a list: a payload may have more lines than a call has room for.
  lines.push('payload:', pretty(current(story)));
  return lines.join('\n');
}

function tellEntry({ at, what, target_id }: StoryEntry): string {
  return `  ${at}  ${target_id === null ? '' : `target ${target_id}: `}${oneLine(what)}`;
}

function tellRevision(revision: RevisionStory): string[] {
  const lines = factsOf(revision).map(
    ([name, value]) => `  ${`${name}:`.padEnd(20)}${oneLine(String(value))}`,
  );
  for (const source of revision.sources)
    lines.push(`  ${'old queue:'.padEnd(20)}${source.path}, row ${source.row_id}`);
  for (const target of revision.targets) lines.push(tellTarget(target, revision.class));
  return lines;
}

function factsOf(revision: RevisionStory): (readonly [name: string, value: unknown])[] {
  const { superseded_by, undeliverable, producer_user, producer_team } = revision;
  return [
    ['revision', revision.revision],
    ['type', revision.event_type],
    ['project', revision.project_uuid ?? 'none'],
    ['from', revision.checkout ?? 'unknown'],
    ['producer', `${producer_user ?? 'unknown'}, team ${producer_team ?? 'unknown'}`],
    ['state', stateOf(revision)],
    ...(superseded_by === null ? [] : [['superseded by', superseded_by] as const]),
    ...(undeliverable === null ? [] : [['undeliverable', undeliverable] as const]),
    ['sha-256', revision.sha256],
    ['size', `${revision.size} bytes`],
  ];
}

function stateOf({ class: why, other_event_id, purged_by, purge_detail }: RevisionStory): string {
  if (other_event_id !== null) return `${why}, ${other_event_id} took its place`;
  if (purged_by === null || purge_detail === null) return why;
  return `${why} (${purge_detail})`;
}

/** One line for where it stands; how it came to that is in the timeline. */
function tellTarget(target: RevisionStory['targets'][number], why: string): string {
  const name = `  target ${target.target_id} ${target.canonical_url}:`;
  const { delivery } = target;
  if (target.in_flight) return `${name} in flight`;
  if (delivery === null) return `${name} never sent${why === 'live' ? '' : `, ${why}`}`;
  const state = `${name} ${delivery.status} after ${count(Number(delivery.attempt_count), 'attempt')}, generation ${delivery.generation}`;
  return delivery.last_error === null ? state : `${state}: ${delivery.last_error}`;
}

function pretty({ bytes, class: why }: RevisionStory): string {
  if (bytes === null) return `  (its bytes are not in the journal: ${why})`;
  const text = bytes.toString('utf8');
  const json = prettyJson(text);
  return (json === undefined ? text : jsonText(json)).replaceAll(/^/gm, '  ');
}
