import type { TomlEntry, TomlSection } from './toml-scan.js';

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
