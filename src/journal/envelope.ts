import { isUtf8 } from 'node:buffer';
import { RawEvent } from './input/deciding.js';
import { projectOf } from './input/event-project.js';
import { eventTime } from './input/event-time.js';
import {
  describeKind,
  type FoundField,
  firstPresent,
  type JsonObject,
  valueAtPath,
} from './input/fields.js';
import {
  notJsonProblem,
  notUtf8Problem,
  numberProblem,
  textProblem,
  tooLargeProblem,
} from './input/problems.js';
import { usualId, usualTime, usualType } from './input/usual-fields.js';
import { payloadFacts } from './payload-facts.js';
import { isWrapped, mayBeWrapped, unwrap, type WrappedEvent } from './wrapped-event.js';

export { MAX_ID_LENGTH } from './input/problems.js';

/** Largest event unless `sync.capture.max_event_bytes` says otherwise. */
export const DEFAULT_MAX_EVENT_BYTES = 1024 * 1024;

/**
 * Where an event's id, type and time are found. Fields may be dotted paths; a
 * top-level key that itself holds the dots wins. Without them: the fields of
 * CloudEvents if there is a `specversion` string, else redrain's own, else those
 * of src/journal/input/usual-fields.ts.
 */
export interface EnvelopeRules {
  /** The type of events that carry none. */
  readonly type?: string;
  readonly idField?: string;
  readonly typeField?: string;
  readonly timeField?: string;
  readonly maxEventBytes: number;
  /** Event type → the fields that make its coalescing key; `a.b|c` takes the first that is there. */
  readonly coalesce?: ReadonlyMap<string, readonly string[]>;
}

/** What the journal needs to know of one event. Its bytes stay what they were. */
export interface Envelope {
  readonly ok: true;
  /** Null when the producer gave none: the caller generates a ULID. */
  readonly eventId: string | null;
  readonly eventType: string;
  /** The producer's own time text (a number of seconds or milliseconds as ISO 8601), or null. */
  readonly timestamp: string | null;
  /** The same in epoch milliseconds, or null when it cannot be understood. */
  readonly occurredAt: number | null;
  readonly projectUuid: string | null;
  readonly repoSlug: string | null;
  readonly teamSlug: string | null;
  /**
   * The top-level `event_id` in the bytes, wherever the event's id came from.
   * The event travels bare only when the two are equal; null for a number, so
   * that a receiver is always given a string.
   */
  readonly ownId: string | null;
  /** Equal for events of which only the newest has to be sent; null for all others. */
  readonly coalesceKey: string | null;
  /** What the input wraps, where it is a line of an export: its bytes are the event's. */
  readonly wrapped: WrappedEvent | null;
}

/** Bytes that are no event, and one line that says why. */
export interface InvalidEnvelope {
  readonly ok: false;
  readonly problem: string;
}

/** Reads one event's envelope. Never throws: whatever is wrong with the bytes is the result. */
export function readEnvelope(bytes: Buffer, rules: EnvelopeRules): Envelope | InvalidEnvelope {
  const isTooLarge = bytes.length > rules.maxEventBytes;
  if (isTooLarge && !mayBeWrapped(bytes)) return tooLarge(bytes, rules);
  const read = readObject(bytes);
  if (!read.ok) return read;
  if (isWrapped(read.event)) return envelopeOfWrapped(read, rules);
  return isTooLarge ? tooLarge(bytes, rules) : envelopeOf(read, rules);
}

/** What whoever sends an event says of it; what is left out is read from its bytes. */
export interface ToldEvent {
  readonly eventId: string;
  /** Of an event that another redrain has captured: all that decided there, whatever its rules were. */
  readonly captured?: {
    readonly eventType: string;
    readonly time: string | null;
    readonly projectUuid: string | null;
    readonly repoSlug: string | null;
    readonly undeliverable: string | null;
  };
}

/** The same for an event that comes with an id, or with all that another redrain knows of it. */
export function readTold(
  bytes: Buffer,
  { eventId, captured }: ToldEvent,
  rules: EnvelopeRules,
): Envelope | InvalidEnvelope {
  if (bytes.length > rules.maxEventBytes) return tooLarge(bytes, rules);
  if (captured !== undefined) return envelopeOfCaptured(bytes, eventId, captured, rules);
  const idFault = textProblem('its id', eventId);
  if (idFault !== undefined) return invalid(idFault);
  const read = readObject(bytes);
  return read.ok ? envelopeOf(read, rules, eventId) : read;
}

function envelopeOfCaptured(
  bytes: Buffer,
  eventId: string,
  captured: NonNullable<ToldEvent['captured']>,
  rules: EnvelopeRules,
): Envelope | InvalidEnvelope {
  const { eventType, time, projectUuid, repoSlug, undeliverable } = captured;
  const problem =
    textProblem('event_type', eventType) ??
    (projectUuid === null ? undefined : textProblem('project_uuid', projectUuid)) ??
    (repoSlug === null ? undefined : textProblem('repo_slug', repoSlug));
  if (problem !== undefined) return invalid(problem);
  const event = { eventId, eventType, undeliverable, bytes };
  const read = usualAttributes(event, rules) ?? oddAttributes(event);
  const { timestamp, occurredAt } = eventTime(time ?? undefined);
  const reason = undeliverable ?? read.undeliverable;
  return {
    ok: true,
    eventId,
    eventType,
    timestamp,
    occurredAt,
    projectUuid,
    repoSlug,
    teamSlug: read.teamSlug,
    ownId: read.ownId,
    coalesceKey: read.coalesceKey,
    wrapped: reason === null ? null : { eventId, eventType, undeliverable: reason, bytes },
  };
}

/** One JSON object, and its text as it stands in the input. */
interface ReadObject {
  readonly ok: true;
  readonly event: JsonObject;
  readonly raw: RawEvent;
}

function readObject(bytes: Buffer): ReadObject | InvalidEnvelope {
  if (!isUtf8(bytes)) return invalid(notUtf8Problem(bytes));
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return invalid(notJsonProblem(error, bytes));
  }
  if (!isObject(value)) return invalid(`expected a JSON object, got ${describeKind(value)}`);
  return { ok: true, event: value, raw: new RawEvent(bytes, text, value) };
}

function envelopeOf(
  { event, raw }: ReadObject,
  rules: EnvelopeRules,
  toldId?: string,
): Envelope | InvalidEnvelope {
  const cloud = (field: string): string | undefined => (isCloudEvent(event) ? field : undefined);
  // A type that the caller gives to events without one goes before a guess.
  const isTold = rules.typeField !== undefined || rules.type !== undefined;
  const id = toldId === undefined ? foundId({ event, raw }, rules, cloud('id')) : undefined;
  const type =
    firstPresent(event, rules.typeField, cloud('type'), 'event_type') ??
    (isTold ? undefined : usualType({ event, raw }));
  const eventType = type === undefined ? rules.type : type.value;
  const eventId = toldId ?? (id && idText(id, raw));
  const problem =
    doubledProblem(event, raw, [id?.field, type?.field]) ??
    (id && idProblem(id, eventId)) ??
    typeProblem(type?.field, eventType);
  if (problem !== undefined) return invalid(problem);
  return withAttributes({ event, raw }, eventId ?? null, eventType as string, rules);
}

function foundId(
  { event, raw }: Pick<ReadObject, 'event' | 'raw'>,
  { idField }: EnvelopeRules,
  ofCloudEvents: string | undefined,
): FoundField | undefined {
  const found = firstPresent(event, idField, ofCloudEvents, 'event_id');
  return found ?? (idField === undefined ? usualId({ event, raw }) : undefined);
}

const isCloudEvent = (event: JsonObject): boolean => typeof event.specversion === 'string';

/** What is read of an event once its id and type are known. One literal: copies of it cost 2 µs each. */
function withAttributes(
  { event, raw }: Pick<ReadObject, 'event' | 'raw'>,
  eventId: string | null,
  eventType: string,
  rules: EnvelopeRules,
): Envelope | InvalidEnvelope {
  const cloudTime = isCloudEvent(event) ? 'time' : undefined;
  const time =
    firstPresent(event, rules.timeField, cloudTime, 'timestamp') ??
    (rules.timeField === undefined ? usualTime({ event, raw }) : undefined);
  const projectUuid = projectOf(event.project_uuid, () => raw.textAt('project_uuid'));
  const problem = projectUuid === null ? undefined : textProblem('project_uuid', projectUuid);
  if (problem !== undefined) return invalid(problem);
  const when = eventTime(time && raw.doubled(time.field) === undefined ? time.value : undefined);
  return {
    ok: true,
    eventId,
    eventType,
    timestamp: when.timestamp,
    occurredAt: when.occurredAt,
    projectUuid,
    repoSlug: usableString(event.repo_slug),
    teamSlug: usableString(event.team_slug),
    ownId: typeof event.event_id === 'string' ? event.event_id : null,
    coalesceKey: coalesceKey(event, raw, eventType, projectUuid, rules.coalesce),
    wrapped: null,
  };
}

/** Id and type are those of the export; everything else is read from the bytes that it wraps. */
function envelopeOfWrapped(
  { event, raw }: ReadObject,
  rules: EnvelopeRules,
): Envelope | InvalidEnvelope {
  const wrapped = doubledProblem(event, raw, []) ?? unwrap(event, raw);
  if (typeof wrapped === 'string') return invalid(wrapped);
  const { eventId, eventType, bytes } = wrapped;
  if (bytes.length > rules.maxEventBytes) return tooLarge(bytes, rules);
  const usual = usualAttributes(wrapped, rules);
  const { undeliverable, ...attributes } = usual ?? oddAttributes(wrapped);
  return {
    ...attributes,
    eventId,
    eventType,
    wrapped: { ...wrapped, undeliverable: wrapped.undeliverable ?? undeliverable },
  };
}

type Attributes = Omit<Envelope, 'eventId' | 'eventType' | 'wrapped'>;
type WrappedAttributes = Attributes & { readonly undeliverable: string | null };

/** Undefined for bytes that no capture would have taken; they came from an old queue. */
function usualAttributes(
  { bytes, eventId, eventType }: WrappedEvent,
  rules: EnvelopeRules,
): WrappedAttributes | undefined {
  const read = readObject(bytes);
  if (!read.ok || doubledProblem(read.event, read.raw, []) !== undefined) return undefined;
  const attributes = withAttributes(read, eventId, eventType, rules);
  const undeliverable = textProblem('its event_id', eventId) ?? null;
  return attributes.ok ? Object.assign(attributes, { undeliverable }) : undefined;
}

function oddAttributes({ bytes, eventId }: WrappedEvent): WrappedAttributes {
  const { oddity, undeliverable, carriesId, eventType: _, ...facts } = payloadFacts(bytes, eventId);
  return {
    ...facts,
    ok: true,
    ownId: carriesId ? eventId : null,
    coalesceKey: null,
    undeliverable: undeliverable ?? oddity,
  };
}

/** Of a number the digits as they stand in the input: beyond 2^53 the parsed one is another. */
function idText({ field, value }: FoundField, raw: RawEvent): string {
  return typeof value === 'number' ? (raw.textAt(field) ?? '') : (value as string);
}

function idProblem({ field, value }: FoundField, text: string | undefined): string | undefined {
  return typeof value === 'number' ? numberProblem(field, text ?? '') : textProblem(field, value);
}

/** Fields that decide who an event is, what may be discarded of it, and who may get it. */
const DECIDING = ['event_id', 'event_type', 'project_uuid', 'repo_slug', 'specversion'];

/** JSON.parse keeps the last of two equal keys silently, and the next reader the first. */
function doubledProblem(
  event: JsonObject,
  raw: RawEvent,
  found: readonly (string | undefined)[],
): string | undefined {
  for (const field of DECIDING)
    if (event[field] !== undefined) {
      const problem = raw.doubled(field);
      if (problem !== undefined) return problem;
    }
  for (const field of found)
    if (field !== undefined && !DECIDING.includes(field)) {
      const problem = raw.doubled(field);
      if (problem !== undefined) return problem;
    }
  return undefined;
}

/**
 * The project is always part of it: one project's event must not wait for
 * another's permission. Keys that stand there twice make no key: it is sent.
 */
function coalesceKey(
  event: JsonObject,
  raw: RawEvent,
  eventType: string,
  projectUuid: string | null,
  coalesce: EnvelopeRules['coalesce'],
): string | null {
  const fields = coalesce?.get(eventType);
  if (fields === undefined) return null;
  const paths = fields.map((field) => field.split('|'));
  if (paths.flat().some((path) => raw.doubled(path) !== undefined)) return null;
  const values = paths.map((alternatives) => firstScalar(event, alternatives));
  if (values.includes(undefined)) return null;
  return JSON.stringify([eventType, projectUuid, ...values]);
}

function firstScalar(event: JsonObject, paths: readonly string[]): unknown {
  return paths
    .map((path) => valueAtPath(event, path))
    .find((value) => ['string', 'number', 'boolean'].includes(typeof value));
}

function typeProblem(field: string | undefined, type: unknown): string | undefined {
  if (type === undefined)
    return 'no event_type and no type (--type NAME gives one to events that carry none)';
  return textProblem(field ?? '--type', type);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An attribute that only informs: odd text there is no reason to refuse the event. */
function usableString(value: unknown): string | null {
  return textProblem('', value) === undefined ? (value as string) : null;
}

const tooLarge = ({ length }: Buffer, { maxEventBytes }: EnvelopeRules): InvalidEnvelope =>
  invalid(tooLargeProblem(length, maxEventBytes));

function invalid(problem: string): InvalidEnvelope {
  return { ok: false, problem };
}
