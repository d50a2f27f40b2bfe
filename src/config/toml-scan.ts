import { piece } from '../base/steps.js';
import { parseToml } from './toml.js';

/** One `key = value`, with its place in the text. Offsets are of UTF-16 units. */
export interface TomlEntry {
  /** From the root of the document. */
  readonly path: readonly string[];
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Set when the value is an inline table: what is in it. */
  readonly inline?: readonly TomlEntry[];
}

/** A table header and the entries below it; the first section has no header. */
export interface TomlSection {
  readonly path: readonly string[];
  /** True for `[[name]]`: its paths are not unique. */
  readonly isArray: boolean;
  readonly headerStart: number;
  readonly headerEnd: number;
  readonly entries: readonly TomlEntry[];
}

/**
 * Finds where everything stands in a TOML text that is known to parse. It
 * judges nothing: what is not TOML gives nonsense or an error, so callers parse
 * first, and parse what they made of it again.
 */
export function scanToml(text: string): TomlSection[] {
  piece('config.scanned');
  return new Scanner(text).sections();
}

const BLANK = /[ \t]*/y;
const BLANK_LINES = /(?:[ \t\r\n]|#[^\n]*)*/y;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
const STRING =
  /"""(?:[^\\]|\\[\s\S])*?"""(?:"{0,2})|'''[\s\S]*?'''(?:'{0,2})|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
const SCALAR = /[^,\]}#\r\n]+/y;

class Scanner {
  #at = 0;

  constructor(private readonly text: string) {
    if (text.startsWith('\ufeff')) this.#at = 1;
  }

  sections(): TomlSection[] {
    const start = this.#at;
    const sections = [this.#section([], false, start, start)];
    while (this.#at < this.text.length) sections.push(this.#headed());
    return sections;
  }

  #headed(): TomlSection {
    const start = this.#at;
    const isArray = this.text.startsWith('[[', start);
    this.#at += isArray ? 2 : 1;
    const path = this.#key();
    this.#at += isArray ? 2 : 1;
    return this.#section(path, isArray, start, this.#at);
  }

  #section(path: readonly string[], isArray: boolean, start: number, end: number): TomlSection {
    const entries: TomlEntry[] = [];
    this.#skip(BLANK_LINES);
    while (this.#at < this.text.length && this.text[this.#at] !== '[') {
      entries.push(this.#entry(path));
      this.#skip(BLANK_LINES);
    }
    return { path, isArray, headerStart: start, headerEnd: end, entries };
  }

  #entry(above: readonly string[]): TomlEntry {
    const keyStart = this.#at;
    const path = [...above, ...this.#key()];
    this.#expect('=');
    this.#skip(BLANK);
    const valueStart = this.#at;
    const inline = this.text[valueStart] === '{' ? this.#inlineTable(path) : undefined;
    if (inline === undefined) this.#value();
    const entry = { path, keyStart, valueStart, valueEnd: this.#at };
    return inline === undefined ? entry : { ...entry, inline };
  }

  /** A dotted key; leaves the position behind it and the blanks that follow. */
  #key(): string[] {
    const parts: string[] = [];
    do {
      this.#skip(BLANK);
      parts.push(keyText(this.#take(BARE_KEY) ?? this.#take(STRING) ?? this.#fail()));
      this.#skip(BLANK);
    } while (this.#accept('.'));
    return parts;
  }

  #inlineTable(path: readonly string[]): TomlEntry[] {
    const entries: TomlEntry[] = [];
    this.#expect('{');
    this.#skip(BLANK_LINES);
    while (!this.#accept('}')) {
      entries.push(this.#entry(path));
      this.#skip(BLANK_LINES);
      this.#accept(',');
      this.#skip(BLANK_LINES);
    }
    return entries;
  }

  #value(): void {
    if (this.text[this.#at] === '[') this.#array();
    else if (this.text[this.#at] === '{') this.#inlineTable([]);
    else if (this.#take(STRING) === undefined) this.#scalar();
  }

  #array(): void {
    this.#expect('[');
    this.#skip(BLANK_LINES);
    while (!this.#accept(']')) {
      this.#value();
      this.#skip(BLANK_LINES);
      this.#accept(',');
      this.#skip(BLANK_LINES);
    }
  }

  /** A number, date or boolean; a date may hold a blank, so trailing ones are given back. */
  #scalar(): void {
    const raw = this.#take(SCALAR) ?? this.#fail();
    this.#at -= raw.length - raw.trimEnd().length;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #skip(pattern: RegExp): void {
    this.#take(pattern);
  }

  #accept(mark: string): boolean {
    if (this.text[this.#at] !== mark) return false;
    this.#at += 1;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#accept(mark)) this.#fail();
  }

  #fail(): never {
    throw new SyntaxError(`no place found for an edit near offset ${this.#at}`);
  }
}

function keyText(raw: string): string {
  if (raw.startsWith("'")) return raw.slice(1, -1);
  return raw.startsWith('"') ? String(parseToml(`key = ${raw}`).key) : raw;
}

/** True when `path` is `above` or lies below it. */
export const isAtOrBelow = (path: readonly string[], above: readonly string[]): boolean =>
  above.length <= path.length && above.every((part, index) => path[index] === part);

export const isSamePath = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && isAtOrBelow(a, b);

/** Every entry with a unique path, those inside inline tables after the table itself. */
export function* entriesOf(sections: readonly TomlSection[]): Generator<TomlEntry> {
  for (const section of sections) {
    if (!section.isArray) for (const entry of section.entries) yield* withInline(entry);
  }
}

function* withInline(entry: TomlEntry): Generator<TomlEntry> {
  yield entry;
  for (const below of entry.inline ?? []) yield* withInline(below);
}

/** Offset of the first character of the line that holds `at`. */
export const lineStart = (text: string, at: number): number => {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return start === 0 && text.startsWith('\ufeff') ? 1 : start;
};

/** Offset behind the newline of the line that holds `at`, or the end of the text. */
export const lineEnd = (text: string, at: number): number => {
  const newline = text.indexOf('\n', at);
  return newline < 0 ? text.length : newline + 1;
};

/** How this file ends its lines. */
export const newlineOf = (text: string): string => (/\r\n/.test(text) ? '\r\n' : '\n');

export const splice = (text: string, start: number, end: number, insert: string): string =>
  text.slice(0, start) + insert + text.slice(end);
