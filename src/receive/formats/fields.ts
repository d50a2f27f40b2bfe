import { topLevelMembers } from '../../json/top-level.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What an event of a common shape says of itself. */
export interface EventFields {
  readonly id?: string;
  readonly type?: string;
  readonly time?: string;
}

const ID_KEYS = ['event_id', 'id'];
const TYPE_KEYS = ['event_type', 'type'];
const TIME_KEYS = ['timestamp', 'time', 'created', 'created_at'];

/** Under the names that `capture` looks for as well; `bytes` are the ones it was parsed from. */
export function fieldsOf(event: unknown, bytes: Buffer): EventFields {
  if (!isJsonObject(event)) return {};
  const id = idOf(event, bytes);
  const type = firstText(event, TYPE_KEYS);
  const time = firstText(event, TIME_KEYS);
  return {
    ...(id !== undefined && { id }),
    ...(type !== undefined && { type }),
    ...(time !== undefined && { time }),
  };
}

function idOf(event: JsonObject, bytes: Buffer): string | undefined {
  for (const key of ID_KEYS) {
    const value = event[key];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return digitsOf(bytes, key);
  }
  return undefined;
}

/** As they are written: a large number would lose its last digits. */
function digitsOf(bytes: Buffer, key: string): string | undefined {
  const member = topLevelMembers(bytes).findLast((one) => one.key === key);
  return member && bytes.toString('latin1', member.valueStart, member.valueEnd);
}

function firstText(event: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = event[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** Which replay of the sender a request belongs to; 1 when it does not say. */
export function generationOf(headers: Headers): number {
  const given = headers.get('redrain-generation') ?? '';
  return /^[1-9]\d{0,8}$/.test(given) ? Number(given) : 1;
}

/** Whether a Content-Type, without its parameters, says that a body is JSON. */
export function isJson(mediaType: string): boolean {
  return (
    mediaType === 'application/json' || mediaType === 'text/json' || mediaType.endsWith('+json')
  );
}

/** The text of a header value, which is percent-encoded where a header could not hold it; any other is taken as it is. */
export function headerText(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
