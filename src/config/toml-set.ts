import {
  entriesOf,
  isAtOrBelow,
  isSamePath,
  lineEnd,
  lineStart,
  newlineOf,
  splice,
} from './toml-place.js';
import { scanToml, type TomlEntry, type TomlSection } from './toml-scan.js';
import { spellKey, spellValue, type TomlValue } from './toml-write.js';

/**
 * Sets one key, in whatever spelling its table already has: in place, in an
 * inline table, beside its dotted siblings, at the end of its `[table]`, or in
 * a new `[table]` at the end of the text.
 */
export function setKey(text: string, path: readonly string[], value: TomlValue): string {
  const sections = scanToml(text);
  const entries = [...entriesOf(sections)];
  const existing = entries.find((entry) => isSamePath(entry.path, path));
  if (existing) return splice(text, existing.valueStart, existing.valueEnd, spellValue(value));
  const inline = entries.findLast(
    (entry) => entry.inline !== undefined && isAtOrBelow(path, entry.path),
  );
  if (inline) return intoInline(text, inline, path, value);
  return (
    besideDotted(text, sections, path, value) ??
    intoSection(text, sections, path, value) ??
    intoNewSection(text, path, value)
  );
}

function intoInline(text: string, table: TomlEntry, path: readonly string[], value: TomlValue) {
  const item = statement(path.slice(table.path.length), value);
  const last = table.inline?.at(-1);
  return last === undefined
    ? splice(text, table.valueStart, table.valueEnd, `{ ${item} }`)
    : splice(text, last.valueEnd, last.valueEnd, `, ${item}`);
}

/** A table spelled `a.b.key = …` from further up may not get a header as well. */
function besideDotted(
  text: string,
  sections: readonly TomlSection[],
  path: readonly string[],
  value: TomlValue,
): string | undefined {
  const table = path.slice(0, -1);
  for (const section of sections.toReversed()) {
    if (section.isArray || section.path.length >= table.length) continue;
    const sibling = section.entries.findLast((entry) => isAtOrBelow(entry.path, table));
    if (sibling === undefined) continue;
    const line = statement(path.slice(section.path.length), value);
    return afterLine(text, sibling.valueEnd, indentOf(text, sibling.keyStart) + line);
  }
  return undefined;
}

function intoSection(
  text: string,
  sections: readonly TomlSection[],
  path: readonly string[],
  value: TomlValue,
): string | undefined {
  const table = path.slice(0, -1);
  const section = sections.find(({ isArray, path: at }) => !isArray && isSamePath(at, table));
  if (section === undefined) return undefined;
  const last = section.entries.at(-1);
  const line =
    indentOf(text, last?.keyStart ?? section.headerStart) + statement(path.slice(-1), value);
  if (last !== undefined) return afterLine(text, last.valueEnd, line);
  return table.length === 0
    ? splice(text, section.headerStart, section.headerStart, line + newlineOf(text))
    : afterLine(text, section.headerEnd, line);
}

function intoNewSection(text: string, path: readonly string[], value: TomlValue): string {
  const newline = newlineOf(text);
  const ended = text === '' || /[\n\ufeff]$/.test(text) ? text : text + newline;
  const gap = /(^\ufeff?|\n\r?\n)$/.test(ended) ? '' : newline;
  const header = `[${spellKey(path.slice(0, -1))}]`;
  return `${ended}${gap}${header}${newline}${statement(path.slice(-1), value)}${newline}`;
}

const statement = (key: readonly string[], value: TomlValue): string =>
  `${spellKey(key)} = ${spellValue(value)}`;

/** A text without a last newline keeps being one. */
function afterLine(text: string, at: number, line: string): string {
  const end = lineEnd(text, at);
  const newline = newlineOf(text);
  return text[end - 1] === '\n'
    ? splice(text, end, end, line + newline)
    : splice(text, end, end, newline + line);
}

const indentOf = (text: string, at: number): string => text.slice(lineStart(text, at), at);
