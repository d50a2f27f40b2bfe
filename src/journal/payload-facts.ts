import { isUtf8 } from 'node:buffer';
import { canonicalBytes } from '../json/canonical.js';
import { topLevelMembers } from '../json/members.js';
import { RawEvent } from './input/deciding.js';
import { projectOf } from './input/event-project.js';
import { eventTime } from './input/event-time.js';
import { textProblem } from './input/problems.js';

/** What the journal wants to know of an imported payload, and why it may not be sent. */
export interface PayloadFacts {
  readonly timestamp: string | null;
  readonly occurredAt: number | null;
  readonly projectUuid: string | null;
  readonly repoSlug: string | null;
  readonly teamSlug: string | null;
  readonly eventType: string | null;
  /** True when the bytes carry exactly the id of their row at the top level. */
  readonly carriesId: boolean;
  /** Why no receiver may be given it, or null. */
  readonly undeliverable: string | null;
  /** What is odd about it though it may be sent, or null. */
  readonly oddity: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

const FIELDS = ['event_id', 'event_type', 'timestamp', 'project_uuid', 'repo_slug', 'team_slug'];

/** Reads an imported payload. Never throws: whatever is wrong with the bytes is in the answer. */
export function payloadFacts(data: Buffer, rowEventId: string): PayloadFacts {
  if (!isUtf8(data)) return unsendable('its data is not valid UTF-8');
  const text = data.toString('utf8');
  const parsed = parse(text);
  if (parsed === undefined) return barePython(data, rowEventId);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return unsendable('its data is not a JSON object');
  const fields = parsed as Fields;
  return factsOf(fields, new RawEvent(data, text, fields), rowEventId, null);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Python wrote NaN and Infinity bare: no JSON, but a value all the same. */
function barePython(data: Buffer, rowEventId: string): PayloadFacts {
  if (canonicalBytes(data) === undefined) return unsendable('its data is not JSON');
  const members = topLevelMembers(data).filter(({ key }) => FIELDS.includes(key));
  if (members.length === 0 && !isObjectText(data))
    return unsendable('its data is not a JSON object');
  const fields = Object.fromEntries(
    members.map(({ key, valueStart, valueEnd }) => [
      key,
      parse(data.toString('utf8', valueStart, valueEnd)),
    ]),
  );
  const oddity = 'its data holds a bare NaN or Infinity, which JSON does not have';
  const raw = new RawEvent(data, data.toString('utf8'), fields);
  return factsOf(fields, raw, rowEventId, oddity);
}

const isObjectText = (data: Buffer): boolean => data.toString('utf8').trimStart().startsWith('{');

function factsOf(
  fields: Fields,
  raw: RawEvent,
  rowEventId: string,
  oddity: string | null,
): PayloadFacts {
  const hasTwoIds = raw.doubled('event_id') !== undefined;
  const undeliverable = idProblem(fields.event_id, hasTwoIds, rowEventId);
  // Named one by one: spreading an object here costs as much as parsing the JSON.
  const { timestamp, occurredAt } = eventTime(fields.timestamp);
  return {
    timestamp,
    occurredAt,
    projectUuid: project(fields.project_uuid, raw),
    repoSlug: raw.doubled('repo_slug') === undefined ? usable(fields.repo_slug) : null,
    teamSlug: usable(fields.team_slug),
    eventType: usable(fields.event_type),
    carriesId: undeliverable === null,
    undeliverable,
    oddity,
  };
}

function idProblem(inner: unknown, hasTwoIds: boolean, rowEventId: string): string | null {
  const odd = PLAIN.test(rowEventId) ? undefined : textProblem('its event_id', rowEventId);
  if (odd !== undefined) return odd;
  if (inner === undefined || inner === null) return 'its data carries no event_id';
  if (inner !== rowEventId) return `its data carries another event_id: ${shown(inner)}`;
  if (hasTwoIds) return 'its data carries two event_id keys';
  return null;
}

/**
 * A row is taken in whatever it holds. One that names two projects, or one that
 * no text can be, is of a project nobody has allowed, never of none.
 */
function project(value: unknown, raw: RawEvent): string | null {
  if (raw.doubled('project_uuid') !== undefined) return '(two project_uuid keys)';
  const name = projectOf(value, () => raw.textAt('project_uuid'));
  return name === null || isUsable(name) ? name : '(unusable project_uuid)';
}

function shown(inner: unknown): string {
  const text = typeof inner === 'string' ? JSON.stringify(inner) : `a ${typeof inner}`;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** What nearly every id and slug is made of: decided without the slow look at every character. */
const PLAIN = /^[\x20-\x7e]{1,512}$/;

const isUsable = (value: unknown): boolean =>
  (typeof value === 'string' && PLAIN.test(value)) || textProblem('', value) === undefined;

const usable = (value: unknown): string | null => (isUsable(value) ? (value as string) : null);

function unsendable(reason: string): PayloadFacts {
  return {
    timestamp: null,
    occurredAt: null,
    projectUuid: null,
    repoSlug: null,
    teamSlug: null,
    eventType: null,
    carriesId: false,
    undeliverable: reason,
    oddity: null,
  };
}
