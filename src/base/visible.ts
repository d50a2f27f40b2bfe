/** What a reader would not see, or would see as a plain blank: control and format characters, halves of characters, odd blanks. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A quotation on one line in which nothing is hidden: `\x00`, `\x1b`,
 * `\u200b`, `\ufeff`. Every message that quotes input, a name, or a server's
 * words goes through this one function, so that a reader sees what stands
 * there and no text can move a cursor or turn the direction of a line.
 */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, spelled);
}

/** One character as `visible` writes it. */
export function spelled(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return NAMED[character] ?? `\\x${hex.padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

/** One byte as a message names it. */
export const spelledByte = (byte: number): string =>
  byte > 0x20 && byte < 0x7f
    ? String.fromCharCode(byte)
    : `\\x${byte.toString(16).padStart(2, '0')}`;
