import { CLOSE_BRACE, COLON, isJsonSpace, OPEN_BRACE, QUOTE } from '../../json/ascii.js';
import { HeldBytes } from './held-bytes.js';
import { type ItemScanner, scannerFor } from './item-scanner.js';
import { LineNoise, skipNoise } from './noise.js';
import type { InputContext } from './stage.js';

/**
 * Cuts a line, as its bytes arrive, into the events that stand on it. Nearly
 * every line is one event and is handed on as it is. Otherwise each object
 * that is whole is an event of its own, noise between them is dropped, and what
 * is left over is handed on in one piece, to be refused with its reason.
 * Holds at most as much as one event may be, however long the line.
 */
export class LineCutter {
  readonly #context: InputContext;
  readonly #held: HeldBytes;
  readonly #noise = new LineNoise();
  /** Looks for the end of an object that is over the limit. */
  #oversized: ItemScanner | undefined;
  #found = false;

  constructor(context: InputContext) {
    this.#context = context;
    this.#held = new HeldBytes(context.maxEventBytes);
  }

  /** Bytes kept in memory. */
  get buffered(): number {
    return this.#held.kept;
  }

  /** A piece of line number `line`; more of it follows. */
  add(bytes: Buffer, from: number, to: number, line: number): void {
    let at = from;
    while (at < to)
      at = this.#oversized ? this.#pass(bytes, at, to, line) : this.#hold(bytes, at, to, line);
  }

  /** The last piece of line number `line`. */
  complete(bytes: Buffer, from: number, to: number, line: number): void {
    if (this.#held.total === 0 && to - from <= this.#context.maxEventBytes)
      this.#completeWhole(bytes, from, to, line);
    else {
      this.add(bytes, from, to, line);
      this.#completeHeld(line);
    }
    const nothing = this.#noise.take();
    if (!this.#found && nothing !== undefined) this.#context.out.addProblem(line, nothing);
    this.#found = false;
  }

  #completeWhole(bytes: Buffer, from: number, to: number, line: number): void {
    const start = this.#skip(bytes, from, to);
    let end = to;
    while (end > start && isJsonSpace(bytes[end - 1])) end -= 1;
    if (start === end) return;
    if (isOnePiece(bytes, start, end)) this.#emit(bytes.subarray(start, end), line);
    else this.#cutAll(bytes.subarray(start, end), line);
  }

  #completeHeld(line: number): void {
    const { trimmed } = this.#held;
    if (trimmed > this.#context.maxEventBytes) this.#refuse(trimmed, line);
    else if (trimmed > 0) this.#cutAll(this.#held.copy().subarray(0, trimmed), line);
    this.#held.clear();
    this.#oversized = undefined;
  }

  #hold(bytes: Buffer, from: number, to: number, line: number): number {
    if (this.#held.total === 1 || this.#held.total === 2) return this.#endMark(bytes, from);
    const start = this.#held.total === 0 ? this.#skip(bytes, from, to) : from;
    const room = this.#context.maxEventBytes - this.#held.total;
    // What is over the limit and no object goes on being counted.
    const end = room > 0 ? Math.min(to, start + room) : to;
    if (room === 0 && this.#makeRoom(line)) return start;
    this.#held.add(bytes, start, end);
    return end;
  }

  /** A byte order mark that came in pieces is dropped as soon as it is whole. */
  #endMark(bytes: Buffer, from: number): number {
    this.#held.add(bytes, from, from + 1);
    const held = this.#held.copy();
    if (skipNoise(held, 0, held.length) === held.length) this.#held.clear();
    return from + 1;
  }

  /** As much is held as may be, and more comes: hands on what is whole. False when nothing is. */
  #makeRoom(line: number): boolean {
    const held = this.#held.copy();
    const start = this.#skip(held, this.#cut(held, line), held.length);
    if (start === 0) {
      if (held[0] !== OPEN_BRACE) return false;
      this.#oversized = scannerFor(OPEN_BRACE);
      this.#oversized.scan(held, 0);
      return true;
    }
    this.#held.clear();
    this.#held.add(held, start, held.length);
    return true;
  }

  /** Counts the bytes of an object over the limit until it ends. */
  #pass(bytes: Buffer, from: number, to: number, line: number): number {
    const found = this.#oversized?.scan(bytes.subarray(0, to), from) ?? -1;
    const end = found < 0 ? to : found;
    this.#held.add(bytes, from, end);
    if (found < 0) return to;
    this.#refuse(this.#held.total, line);
    this.#held.clear();
    this.#oversized = undefined;
    return end;
  }

  /** Hands on the whole objects at the beginning of `text`; the offset of what is left. */
  #cut(text: Buffer, line: number): number {
    let at = 0;
    for (;;) {
      const start = this.#skip(text, at, text.length);
      const end = text[start] === OPEN_BRACE ? scannerFor(OPEN_BRACE).scan(text, start) : -1;
      if (end < 0 || goesOn(text, end, text.length)) return at;
      this.#emit(text.subarray(start, end), line);
      at = end;
    }
  }

  #cutAll(text: Buffer, line: number): void {
    const start = this.#skip(text, this.#cut(text, line), text.length);
    if (start < text.length) this.#emit(text.subarray(start), line);
  }

  #skip(bytes: Buffer, from: number, to: number): number {
    const at = skipNoise(bytes, from, to);
    if (at > from) this.#noise.note(bytes, from, at);
    return at;
  }

  #emit(bytes: Buffer, line: number): void {
    this.#found = true;
    this.#context.out.addEvent(bytes, line);
  }

  #refuse(size: number, line: number): void {
    this.#found = true;
    this.#context.out.addTooLarge(line, size);
  }
}

/** False when the text may be several objects, or one with something behind it. */
function isOnePiece(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] !== OPEN_BRACE) return true;
  if (bytes[end - 1] !== CLOSE_BRACE) return false;
  const last = end - 1;
  let at = bytes.indexOf(CLOSE_BRACE, start);
  while (at < last && goesOn(bytes, at + 1, end)) at = bytes.indexOf(CLOSE_BRACE, at + 1);
  return at >= last;
}

/**
 * Behind a closing brace inside of an object, its members go on, or it ends as
 * well. So it does where an object seems to end too early, by one stray brace.
 */
function goesOn(text: Buffer, from: number, to: number): boolean {
  const next = text[skipNoise(text, from, to)];
  return next === QUOTE || next === COLON || next === CLOSE_BRACE;
}

/** Whether a line begins with an object that is whole on it. */
export function beginsWithObject(line: Buffer): boolean {
  const end = scannerFor(OPEN_BRACE).scan(line, 0);
  return end >= 0 && !goesOn(line, end, line.length);
}
