/** A parsed JSON object: every value still has to be checked before it is used. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A value together with the field it was found in, for messages. */
export interface FoundField {
  readonly field: string;
  readonly value: unknown;
}

/**
 * The first of these fields that is present; null counts as absent. The first
 * one is the operator's and may be a dotted path. An event that lacks it falls
 * back to the fields it would have been read from anyway, so that a log of
 * mixed origin keeps the ids it has.
 */
export function firstPresent(
  event: JsonObject,
  path: string | undefined,
  cloudField: string | undefined,
  ownField: string,
): FoundField | undefined {
  if (path !== undefined) {
    const value = valueAtPath(event, path);
    if (isPresent(value)) return { field: path, value };
  }
  if (cloudField !== undefined && isPresent(event[cloudField]))
    return { field: cloudField, value: event[cloudField] };
  return isPresent(event[ownField]) ? { field: ownField, value: event[ownField] } : undefined;
}

/** The value under a dotted path; a top-level key that itself holds the dots wins. */
export function valueAtPath(event: JsonObject, path: string): unknown {
  // Own keys only: `constructor` or `toString` must not be found on the prototype.
  if (Object.hasOwn(event, path)) return event[path];
  let value: unknown = event;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as JsonObject)[key];
  }
  return value;
}

/** The keys on the way to a dotted path, as `valueAtPath` goes it. */
export function keysOfPath(event: JsonObject, path: string): readonly string[] {
  return Object.hasOwn(event, path) ? [path] : path.split('.');
}

/** What kind of JSON value this is, with its article: `an array`, `a string`, `null`. */
export function describeKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
