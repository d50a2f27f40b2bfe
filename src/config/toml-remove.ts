import { isAtOrBelow, lineEnd, lineStart, splice } from './toml-place.js';
import { scanToml, type TomlEntry, type TomlSection } from './toml-scan.js';

/**
 * Removes a key, or a table with everything below it, in whatever spelling:
 * lines, dotted lines, headers, items of inline tables. Comments stay. A key
 * that is not there leaves the text as it is.
 */
export function removeKey(text: string, path: readonly string[]): string {
  let rest = text;
  for (let cut = nextCut(rest, path); cut !== undefined; cut = nextCut(rest, path)) {
    rest = splice(rest, cut.start, cut.end, '');
  }
  return rest;
}

interface Cut {
  readonly start: number;
  readonly end: number;
}

function nextCut(text: string, path: readonly string[]): Cut | undefined {
  for (const section of scanToml(text)) {
    const cut = cutIn(text, section, path);
    if (cut !== undefined) return cut;
  }
  return undefined;
}

/** Entries go before their header, so that no entry ever falls to the table above. */
function cutIn(text: string, section: TomlSection, path: readonly string[]): Cut | undefined {
  for (const entry of section.entries) {
    if (isAtOrBelow(entry.path, path)) return lineCut(text, entry.keyStart, entry.valueEnd);
    const inside = section.isArray ? undefined : cutInline(entry, path);
    if (inside !== undefined) return inside;
  }
  const isGone = section.path.length > 0 && isAtOrBelow(section.path, path);
  return isGone ? lineCut(text, section.headerStart, section.headerEnd) : undefined;
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
