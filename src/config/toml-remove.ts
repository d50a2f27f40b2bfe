import { isAtOrBelow, lineEnd, lineStart } from './toml-place.js';
import { scanToml, type TomlEntry, type TomlSection } from './toml-scan.js';

/**
 * Removes a key, or a table with everything below it, in whatever spelling:
 * lines, dotted lines, headers, items of inline tables. Comments stay. A key
 * that is not there leaves the text as it is. All lines of a table go at once;
 * only items of inline tables are looked for again after each cut.
 */
export function removeKey(text: string, path: readonly string[]): string {
  let rest = text;
  for (let cuts = nextCuts(rest, path); cuts.length > 0; cuts = nextCuts(rest, path))
    rest = withoutCuts(rest, cuts);
  return rest;
}

interface Cut {
  readonly start: number;
  readonly end: number;
}

function nextCuts(text: string, path: readonly string[]): readonly Cut[] {
  const sections = scanToml(text);
  const lines = sections.flatMap((section) => lineCuts(text, section, path));
  if (lines.length > 0) return lines;
  for (const section of sections) {
    const inside = section.isArray ? [] : section.entries;
    for (const entry of inside) {
      const cut = cutInline(entry, path);
      if (cut !== undefined) return [cut];
    }
  }
  return [];
}

/** In the order of the text. */
function lineCuts(text: string, section: TomlSection, path: readonly string[]): Cut[] {
  const isGone = section.path.length > 0 && isAtOrBelow(section.path, path);
  const header = isGone ? [lineCut(text, section.headerStart, section.headerEnd)] : [];
  const entries = section.entries.filter((entry) => isAtOrBelow(entry.path, path));
  return [...header, ...entries.map(({ keyStart, valueEnd }) => lineCut(text, keyStart, valueEnd))];
}

function withoutCuts(text: string, cuts: readonly Cut[]): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end } of cuts) {
    pieces.push(text.slice(from, start));
    from = end;
  }
  return pieces.join('') + text.slice(from);
}

function cutInline(table: TomlEntry, path: readonly string[]): Cut | undefined {
  const items = table.inline ?? [];
  for (const [index, item] of items.entries()) {
    if (isAtOrBelow(item.path, path)) return itemCut(table, items, index);
    const inside = cutInline(item, path);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** An item goes with one comma; the last of all leaves `{}`. */
function itemCut(table: TomlEntry, items: readonly TomlEntry[], index: number): Cut | undefined {
  const item = items[index];
  if (item === undefined) return undefined;
  const before = items[index - 1];
  if (before !== undefined) return { start: before.valueEnd, end: item.valueEnd };
  const after = items[index + 1];
  if (after !== undefined) return { start: item.keyStart, end: after.keyStart };
  return { start: table.valueStart + 1, end: table.valueEnd - 1 };
}

/** The whole line, unless it carries a comment: then only what stands before that. */
function lineCut(text: string, start: number, end: number): Cut {
  const behind = text.slice(end, lineEnd(text, end));
  const comment = behind.indexOf('#');
  if (comment >= 0) return { start, end: end + comment };
  return { start: lineStart(text, start), end: end + behind.length };
}
