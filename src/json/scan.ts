import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isJsonSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './ascii.js';

/**
 * Where tokens end in text that is already known to be JSON. Nothing is
 * validated; on other text the answers are meaningless, but always within the
 * buffer. No recursion: nesting of any depth costs nothing but time.
 */

/** Offset of the first byte at or after `from` that is not whitespace. */
export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isJsonSpace(bytes[at])) at += 1;
  return at;
}

/** Offset just past the string whose opening quote is at `from`. */
export function endOfString(bytes: Buffer, from: number): number {
  const { length } = bytes;
  let at = from + 1;
  while (at < length) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return length;
}

/** Offset just past the value that starts at `from`. */
export function endOfValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return endOfString(bytes, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfContainer(bytes, from);
  return endOfScalar(bytes, from);
}

function endOfContainer(bytes: Buffer, from: number): number {
  const { length } = bytes;
  let depth = 0;
  let at = from;
  while (at < length) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = endOfString(bytes, at);
      continue;
    }
    at += 1;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    if (depth === 0) return at;
  }
  return length;
}

function endOfScalar(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && !endsScalar(bytes[at])) at += 1;
  return at;
}

function endsScalar(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isJsonSpace(byte);
}
