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

/** Keys of one table and the values they are to have. */
export type TomlMembers = ReadonlyMap<string, TomlValue>;

/**
 * Sets keys of one table, in whatever spelling the table already has: in
 * place, in an inline table, beside its dotted siblings, at the end of its
 * `[table]`, or in a new `[table]` at the end of the text. The text is gone
 * over once, however many keys there are.
 */
export function setKeys(text: string, table: readonly string[], members: TomlMembers): string {
  const sections = scanToml(text);
  const present = presentKeys(sections, table);
  const isNew = ([name]: [string, TomlValue]): boolean => !present.has(name);
  const added = new Map([...members].filter(isNew));
  const replaced = replaceValues(text, present, members);
  // What is new goes behind what is there: places are looked for in the text with the new values.
  if (added.size === 0) return replaced;
  return addKeys(replaced, replaced === text ? sections : scanToml(replaced), table, added);
}

function presentKeys(
  sections: readonly TomlSection[],
  table: readonly string[],
): ReadonlyMap<string, TomlEntry> {
  const present = new Map<string, TomlEntry>();
  for (const entry of entriesOf(sections)) {
    const name = entry.path[table.length];
    const isMember = entry.path.length === table.length + 1 && isAtOrBelow(entry.path, table);
    if (isMember && name !== undefined && !present.has(name)) present.set(name, entry);
  }
  return present;
}

function replaceValues(
  text: string,
  present: ReadonlyMap<string, TomlEntry>,
  members: TomlMembers,
): string {
  const pieces: string[] = [];
  let from = 0;
  const inOrder = [...present].sort(([, a], [, b]) => a.valueStart - b.valueStart);
  for (const [name, { valueStart, valueEnd }] of inOrder) {
    const value = members.get(name);
    if (value === undefined) continue;
    pieces.push(text.slice(from, valueStart), spellValue(value));
    from = valueEnd;
  }
  return pieces.join('') + text.slice(from);
}

function addKeys(
  text: string,
  sections: readonly TomlSection[],
  table: readonly string[],
  members: TomlMembers,
): string {
  const inline = [...entriesOf(sections)].findLast(
    (entry) => entry.inline !== undefined && isAtOrBelow(table, entry.path),
  );
  if (inline) return intoInline(text, inline, table, members);
  return (
    besideDotted(text, sections, table, members) ??
    intoSection(text, sections, table, members) ??
    intoNewSection(text, table, members)
  );
}

function intoInline(
  text: string,
  inline: TomlEntry,
  table: readonly string[],
  members: TomlMembers,
): string {
  const items = statements(table.slice(inline.path.length), members).join(', ');
  const last = inline.inline?.at(-1);
  return last === undefined
    ? splice(text, inline.valueStart, inline.valueEnd, `{ ${items} }`)
    : splice(text, last.valueEnd, last.valueEnd, `, ${items}`);
}

/** A table spelled `a.b.key = …` from further up may not get a header as well. */
function besideDotted(
  text: string,
  sections: readonly TomlSection[],
  table: readonly string[],
  members: TomlMembers,
): string | undefined {
  for (const section of sections.toReversed()) {
    if (section.isArray || section.path.length >= table.length) continue;
    const sibling = section.entries.findLast((entry) => isAtOrBelow(entry.path, table));
    if (sibling === undefined) continue;
    const lines = statements(table.slice(section.path.length), members);
    return afterLine(text, sibling.valueEnd, indented(text, sibling.keyStart, lines));
  }
  return undefined;
}

function intoSection(
  text: string,
  sections: readonly TomlSection[],
  table: readonly string[],
  members: TomlMembers,
): string | undefined {
  const section = sections.find(({ isArray, path: at }) => !isArray && isSamePath(at, table));
  if (section === undefined) return undefined;
  const last = section.entries.at(-1);
  const lines = indented(text, last?.keyStart ?? section.headerStart, statements([], members));
  if (last !== undefined) return afterLine(text, last.valueEnd, lines);
  return table.length === 0
    ? splice(text, section.headerStart, section.headerStart, lines + newlineOf(text))
    : afterLine(text, section.headerEnd, lines);
}

function intoNewSection(text: string, table: readonly string[], members: TomlMembers): string {
  const newline = newlineOf(text);
  const ended = text === '' || /[\n\ufeff]$/.test(text) ? text : text + newline;
  const gap = /(^\ufeff?|\n\r?\n)$/.test(ended) ? '' : newline;
  const header = `[${spellKey(table)}]`;
  return [`${ended}${gap}${header}`, ...statements([], members), ''].join(newline);
}

const statements = (above: readonly string[], members: TomlMembers): string[] =>
  [...members].map(([name, value]) => `${spellKey([...above, name])} = ${spellValue(value)}`);

/** Lines with the indent that the line at this place has. */
function indented(text: string, at: number, lines: readonly string[]): string {
  const indent = indentOf(text, at);
  return lines.map((line) => indent + line).join(newlineOf(text));
}

/** A text without a last newline keeps being one. */
function afterLine(text: string, at: number, line: string): string {
  const end = lineEnd(text, at);
  const newline = newlineOf(text);
  return text[end - 1] === '\n'
    ? splice(text, end, end, line + newline)
    : splice(text, end, end, newline + line);
}

const indentOf = (text: string, at: number): string => text.slice(lineStart(text, at), at);
