import { COMMA, OPEN_BRACE, QUOTE } from './ascii.js';
import { endOfString, endOfValue, skipSpace } from './scan.js';

/** One top-level member of a JSON object, as byte offsets; every `end` is exclusive. */
export interface Member {
  /** The key with its escapes resolved: `"event\u005fid"` is `event_id`. */
  readonly key: string;
  /** The opening quote of the key: the member's first byte. */
  readonly start: number;
  /** Just past the closing quote of the key. */
  readonly keyEnd: number;
  readonly valueStart: number;
  /** Just past the value: the end of the member, before any comma. */
  readonly valueEnd: number;
}

/**
 * The top-level members of one JSON object text, in order, duplicates included.
 * The text must already be known to be JSON; one that is not an object has none.
 */
export function topLevelMembers(bytes: Buffer): Member[] {
  const members: Member[] = [];
  const open = skipSpace(bytes, 0);
  if (bytes[open] !== OPEN_BRACE) return members;
  let at = skipSpace(bytes, open + 1);
  while (bytes[at] === QUOTE) {
    const member = memberAt(bytes, at);
    members.push(member);
    const comma = skipSpace(bytes, member.valueEnd);
    if (bytes[comma] !== COMMA) break;
    at = skipSpace(bytes, comma + 1);
  }
  return members;
}

/** How often a key occurs at the top level, however it is spelled. */
export function countTopLevelKey(bytes: Buffer, key: string): number {
  if (!mayHold(bytes, key)) return 0;
  return topLevelMembers(bytes).filter((member) => member.key === key).length;
}

/**
 * False only when the key cannot occur. A key in any other spelling than
 * JSON.stringify's needs a `\u` escape, or `\/` if it holds a slash.
 */
export function mayHold(bytes: Buffer, key: string): boolean {
  return (
    bytes.includes(JSON.stringify(key)) ||
    bytes.includes('\\u') ||
    (key.includes('/') && bytes.includes('\\/'))
  );
}

function memberAt(bytes: Buffer, start: number): Member {
  const keyEnd = endOfString(bytes, start);
  const colon = skipSpace(bytes, keyEnd);
  const valueStart = skipSpace(bytes, colon + 1);
  const valueEnd = endOfValue(bytes, valueStart);
  return { key: keyText(bytes, start, keyEnd), start, keyEnd, valueStart, valueEnd };
}

function keyText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text;
}
