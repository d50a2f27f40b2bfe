const MARK = '\ufeff';
/** With the `u` flag a whole pair is one character, and no surrogate. */
const HALF = /\p{Surrogate}/u;

/**
 * UTF-16 as UTF-8, as it arrives. Half of a surrogate pair has no UTF-8: it
 * becomes invalid bytes, so that its line is refused and not altered.
 */
export async function* utf8Of(
  source: AsyncIterable<Buffer>,
  isBigEndian: boolean,
): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of source) {
    const bytes = Buffer.concat([held, chunk]);
    const end = wholeUnits(bytes, isBigEndian);
    held = Buffer.from(bytes.subarray(end));
    const text = decoded(bytes.subarray(0, end), isBigEndian);
    if (text === '') continue;
    yield encoded(isFirst && text.startsWith(MARK) ? text.slice(1) : text);
    isFirst = false;
  }
  if (held.length > 1) yield encoded(decoded(held.subarray(0, 2), isBigEndian));
  if (held.length % 2 === 1) throw new Error('its UTF-16 ends in half a character');
}

/** Where the last whole character ends: before an odd byte, and before the first half of a pair. */
function wholeUnits(bytes: Buffer, isBigEndian: boolean): number {
  const end = bytes.length - (bytes.length % 2);
  const high = bytes[isBigEndian ? end - 2 : end - 1] ?? 0;
  return end > 0 && high >= 0xd8 && high <= 0xdb ? end - 2 : end;
}

function decoded(bytes: Buffer, isBigEndian: boolean): string {
  return (isBigEndian ? Buffer.from(bytes).swap16() : bytes).toString('utf16le');
}

function encoded(text: string): Buffer {
  if (!HALF.test(text)) return Buffer.from(text);
  return Buffer.concat(text.split(/(\p{Surrogate})/u).map(encodedPart));
}

function encodedPart(part: string): Buffer {
  const unit = part.charCodeAt(0);
  if (part.length !== 1 || unit < 0xd800 || unit > 0xdfff) return Buffer.from(part);
  return Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]);
}
