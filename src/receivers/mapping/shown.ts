import { visible } from '../../base/visible.js';
import type { Redactor } from '../redact.js';

/** The most characters of a server's own words that are kept. */
export const MAX_SHOWN = 500;

/** What lays a text out over several lines. */
const LAYOUT = /[\t\n\r]+/g;
const UNREADABLE = '(nested too deeply to show)';

/**
 * Turns a value out of a server's answer into one line for people: strings as
 * they are, anything else as compact JSON; free of secrets, with what nobody
 * would see spelled out, at most 500 characters. Undefined when there is
 * nothing to show (absent, null, blank).
 */
export function shown(value: unknown, redact: Redactor): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? value : compactJson(value);
  return oneLine(text, redact) || undefined;
}

/** Redacts before cutting: half a secret would no longer be recognised. */
export function oneLine(text: string, redact: Redactor): string {
  return cut(visible(redact(text).replace(LAYOUT, ' ').trim()), MAX_SHOWN);
}

/** The first of these members that has something to show. */
export function firstShown(
  from: Readonly<Record<string, unknown>>,
  names: readonly string[],
  redact: Redactor,
): string | undefined {
  for (const name of names) {
    const text = shown(from[name], redact);
    if (text !== undefined) return text;
  }
  return undefined;
}

/**
 * A result entry as compact JSON of at most 500 characters. One that is longer
 * becomes `{"cut":"…its beginning…"}`, so that what is stored stays JSON.
 */
export function entryJson(entry: unknown, redact: Redactor): string {
  const text = redact(compactJson(entry));
  let kept = MAX_SHOWN;
  let json = text;
  while (json.length > MAX_SHOWN) {
    kept = Math.floor(kept * 0.8);
    json = JSON.stringify({ cut: cut(text, kept) });
  }
  return json;
}

/** JSON.stringify recurses; a server can nest deeper than our stack reaches. */
function compactJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(UNREADABLE);
  }
}

/** At most so many characters, and no half of one at the end. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}
