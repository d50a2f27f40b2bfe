import { spelledByte } from '../../base/visible.js';
import { COMMA, isJsonSpace } from '../../json/ascii.js';

const RECORD_SEPARATOR = 0x1e;
const DELETE = 0x7f;
const MARK_START = 0xef;
const BYTE_ORDER_MARK = Buffer.from([MARK_START, 0xbb, 0xbf]);

/**
 * Bytes that may stand around an event without being a part of it: blanks,
 * commas, the NULs of a truncated log, the record separators of JSON text
 * sequences and every other control byte.
 */
export function isNoise(byte: number | undefined): boolean {
  return byte !== undefined && (byte <= 0x20 || byte === COMMA || byte === DELETE);
}

/** Offset of the first byte in `from`..`to` that is neither noise nor a byte order mark that is whole. */
export function skipNoise(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to) {
    if (isNoise(bytes[at])) at += 1;
    else if (isMarkAt(bytes, at, to)) at += BYTE_ORDER_MARK.length;
    else break;
  }
  return at;
}

/** What `bytes` ends with from `at` on may be the beginning of a byte order mark. */
export function isPartOfMark(bytes: Buffer, at: number): boolean {
  const tail = bytes.subarray(at);
  return (
    tail.length > 0 &&
    tail.length < BYTE_ORDER_MARK.length &&
    tail.equals(BYTE_ORDER_MARK.subarray(0, tail.length))
  );
}

function isMarkAt(bytes: Buffer, at: number, to: number): boolean {
  return (
    bytes[at] === MARK_START && at + 2 < to && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf
  );
}

/**
 * The noise of one line. Blanks, commas and separators are what a writer puts
 * between events; a line of other bytes is where an event may have been.
 */
export class LineNoise {
  #byte: number | undefined;
  #count = 0;

  note(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at];
      if (byte === undefined || byte > DELETE || isBetweenEvents(byte)) continue;
      this.#byte ??= byte;
      this.#count += 1;
    }
  }

  /** The problem of a line that holds nothing else, or undefined; the next line starts again. */
  take(): string | undefined {
    const byte = this.#byte;
    const count = this.#count;
    this.#byte = undefined;
    this.#count = 0;
    if (byte === undefined) return undefined;
    const what = `${count} control ${count === 1 ? 'byte' : 'bytes'}, ${spelledByte(byte)} first`;
    return `not JSON: nothing stands here but ${what}`;
  }
}

const isBetweenEvents = (byte: number): boolean =>
  isJsonSpace(byte) || byte === COMMA || byte === RECORD_SEPARATOR;
