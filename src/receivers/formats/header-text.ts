/**
 * Texts as header values, which hold visible ASCII only. Both ways can be taken
 * back, so that two texts never become one.
 */

/** As CloudEvents over HTTP has it: all but visible ASCII, quotes and percent signs are percent-encoded. */
export function percentEncoded(text: string): string {
  return text.replace(/[^\x21\x23\x24\x26-\x7e]+/g, encodedBytes);
}

/**
 * As it is wherever HTTP can carry it. Another one is percent-encoded, and so
 * is one that could be taken for it.
 */
export function headerId(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text);
  return isPlain && !/%[0-9a-f]{2}/i.test(text) ? text : percentEncoded(text);
}

function encodedBytes(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
