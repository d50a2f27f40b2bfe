import { inspectEvent } from '../app/inspect.js';
import { EXIT } from '../base/exit-codes.js';
import { prettyJson } from '../json/pretty-json.js';
import { stdout } from '../output/standard.js';
import type { SpooledStory } from '../reports/spooled-story.js';
import type { EventStory, RevisionStory, StoryEntry } from '../reports/story.js';
import { jsonText, oneLine, shortLine } from './color.js';
import { type CommandBody, type DefineCommand, example, withApp } from './command.js';
import { UsageError } from './failure.js';
import { count, Output } from './output.js';

/** `redrain inspect EVENT_ID`: one event's whole story. */
export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Show one event: its bytes, where it comes from, and its state at every target. Changes nothing.',
    )
    .argument('<event-id>')
    .option('--raw', 'only the exact payload bytes')
    .addHelpText('after', example('redrain inspect 01KXDKC13SPEZK7YDHMV6YKW4H'))
    .action(run(inspect));
};

interface InspectOptions {
  readonly raw?: boolean;
}

const inspect: CommandBody<InspectOptions> = (call) =>
  withApp(call, async (app) => {
    const output = new Output(call.globals);
    const [eventId = ''] = call.args;
    const story = await inspectEvent(app, eventId);
    if (story === undefined)
      throw new UsageError(`neither the journal nor the spool has an event ${eventId}`);
    if (call.options.raw === true) writeRaw(story);
    else output.result(documentOf(story), () => tell(story));
    return EXIT.done;
  });

/** The revision in force; undefined while the journal has none. */
function current(story: EventStory): RevisionStory | undefined {
  return story.revisions.at(-1);
}

function writeRaw(story: EventStory): void {
  const bytes = current(story) === undefined ? story.spooled.at(-1)?.bytes : current(story)?.bytes;
  if (bytes === null || bytes === undefined)
    throw new UsageError(`the bytes of ${story.event_id} are not here: ${whereElse(story)}`);
  stdout().write(bytes);
}

function whereElse(story: EventStory): string {
  const revision = current(story);
  return revision === undefined ? 'the audit log has them' : `it is ${revision.class}`;
}

/** Payloads as text: what was captured is UTF-8; anything else is shown in base64 as well. */
function documentOf(story: EventStory) {
  const revisions = story.revisions.map(({ bytes, ...revision }) => ({
    ...revision,
    payload: bytes?.toString('utf8') ?? null,
    payload_base64: bytes?.toString('base64') ?? null,
  }));
  const spooled = story.spooled.map(({ bytes, ...rest }) => ({
    ...rest,
    payload: bytes.toString('utf8'),
    payload_base64: bytes.toString('base64'),
  }));
  return { ...story, revisions, spooled };
}

function tell(story: EventStory): string {
  const lines = [`event ${shortLine(story.event_id)}`];
  for (const revision of story.revisions) lines.push(...tellRevision(revision));
  for (const conflict of story.conflicts)
    lines.push(
      `conflict ${conflict.id}: another content (${conflict.incoming_size} bytes, SHA-256 ${conflict.incoming_sha}) found by ${conflict.found_by}, ${conflict.resolved_at === null ? 'not resolved: `redrain conflicts show`' : `resolved: ${conflict.kept} kept`}`,
    );
  if (story.spool_error !== null)
    lines.push(`the spool cannot be read: ${oneLine(story.spool_error)}`);
  lines.push(...story.spooled.map(tellSpooled), ...story.audit.map(tellAudit));
  if (story.timeline.length > 0) lines.push('what happened:', ...story.timeline.map(tellEntry));
  // One text, not a list: a payload may have more lines than a call has room for.
  lines.push('payload:', payloadOf(story));
  return lines.join('\n');
}

function tellSpooled({ file, since, event_type, size, sha256 }: SpooledStory): string {
  return `in the spool since ${since}, not in the journal yet: ${oneLine(event_type)}, ${size} bytes, SHA-256 ${sha256}, in ${oneLine(file)}; the next command that writes the journal takes it in`;
}

function tellAudit({ id, at, action, reason, holds_bytes }: EventStory['audit'][number]): string {
  const bytes = holds_bytes ? `; the audit log has its bytes: \`redrain audit replay ${id}\`` : '';
  return `audit entry ${id}, ${at}: ${action}: ${oneLine(reason)}${bytes}`;
}

function tellEntry({ at, what, target_name }: StoryEntry): string {
  return `  ${at}  ${target_name === null ? '' : `${target_name}: `}${oneLine(what)}`;
}

function tellRevision(revision: RevisionStory): string[] {
  const lines = factsOf(revision).map(([name, value]) => fact(name, oneLine(String(value))));
  for (const source of revision.sources)
    lines.push(fact('old queue', `${source.path}, row ${source.row_id}`));
  for (const target of revision.targets) lines.push(tellTarget(target, revision.class));
  return lines;
}

/** Narrow enough for a digest behind it in 80 columns. */
const fact = (name: string, value: string): string => `  ${`${name}:`.padEnd(11)} ${value}`;

function factsOf(revision: RevisionStory): (readonly [name: string, value: unknown])[] {
  const { superseded_by, undeliverable, producer_user, producer_team } = revision;
  const producer = [
    producer_user ?? [],
    producer_team === null ? [] : `team ${producer_team}`,
  ].flat();
  return [
    ['revision', revision.revision],
    ['type', revision.event_type],
    ['project', revision.project_uuid ?? 'none'],
    ['from', revision.checkout ?? 'unknown'],
    ...(producer.length === 0 ? [] : [['producer', producer.join(', ')] as const]),
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
  const name = `  ${target.target_name} (${target.canonical_url}):`;
  const { delivery } = target;
  if (target.in_flight) return `${name} in flight`;
  if (delivery === null) return `${name} never sent${why === 'live' ? '' : `, ${why}`}`;
  const state = `${name} ${delivery.status} after ${count(Number(delivery.attempt_count), 'attempt')}, generation ${delivery.generation}`;
  return delivery.last_error === null ? state : `${state}: ${delivery.last_error}`;
}

function payloadOf(story: EventStory): string {
  const revision = current(story);
  const bytes = revision === undefined ? story.spooled.at(-1)?.bytes : revision.bytes;
  if (bytes !== null && bytes !== undefined) return pretty(bytes);
  const why = revision === undefined ? 'the audit log has them' : revision.class;
  return `  (its bytes are not in the journal: ${why})`;
}

function pretty(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const json = prettyJson(text);
  return (json === undefined ? text : jsonText(json)).replaceAll(/^/gm, '  ');
}
