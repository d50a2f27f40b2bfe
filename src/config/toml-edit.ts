import { isDeepStrictEqual } from 'node:util';
import { RedrainError } from '../base/error.js';
import {
  isTable,
  parseToml,
  spellKey,
  spellValue,
  type TomlTable,
  type TomlValue,
} from './toml.js';
import {
  entriesOf,
  isAtOrBelow,
  isSamePath,
  lineEnd,
  lineStart,
  newlineOf,
  scanToml,
  splice,
  type TomlEntry,
  type TomlSection,
} from './toml-scan.js';

/** One key to set, or with `value: undefined` one key or table to remove. */
export interface TomlChange {
  readonly path: readonly string[];
  readonly value: TomlValue | undefined;
}

/** The text could not be edited as asked; nothing was changed. */
export class TomlEditError extends RedrainError {
  override readonly name = 'TomlEditError';
  readonly code = 'TOML_EDIT';
}

/**
 * The text with the changes made and every other byte as it was, comments
 * included; a removed key leaves the comment on its line. Only ever cuts and
 * inserts at places found in the text, then parses the result and compares it
 * with what was meant, so an unusual spelling can end in a refusal but not in a
 * damaged file. The TOML written is version 1.0.
 *
 * @throws BrokenTomlError when the text does not parse.
 * @throws TomlEditError when the result would not mean what was asked.
 */
export function editToml(text: string, changes: readonly TomlChange[]): string {
  let meant = parseToml(text);
  let edited = text;
  for (const step of stepsOf(changes)) {
    if ('removed' in step) {
      meant = without(meant, step.removed);
      edited = removeKey(edited, step.removed);
    } else {
      meant = withMembers(meant, step.table, step.members, step.table);
      edited = setKeys(edited, step.table, step.members);
    }
  }
  if (!isDeepStrictEqual(withoutEmpty(reparsed(edited)), withoutEmpty(meant))) {
    const keys = namesOf(changes);
    throw new TomlEditError(`cannot change ${keys} without touching the rest; edit it by hand.`);
  }
  return edited;
}

type EditStep =
  | { readonly removed: readonly string[] }
  | { readonly table: readonly string[]; readonly members: Map<string, TomlValue> };

/** Changes in their order; those of one table that follow each other are made together. */
function stepsOf(changes: readonly TomlChange[]): EditStep[] {
  const steps: EditStep[] = [];
  for (const { path, value } of changes) {
    const last = steps.at(-1);
    const table = path.slice(0, -1);
    const name = path.at(-1);
    if (name === undefined) continue;
    if (value === undefined) steps.push({ removed: path });
    else if (last !== undefined && 'table' in last && isSamePath(last.table, table))
      last.members.set(name, value);
    else steps.push({ table, members: new Map([[name, value]]) });
  }
  return steps;
}

/** Enough of them to know which change was meant. */
const MOST_NAMED = 5;

function namesOf(changes: readonly TomlChange[]): string {
  const names = changes.slice(0, MOST_NAMED).map(({ path }) => path.join('.'));
  const more = changes.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function without(table: TomlTable, path: readonly string[]): TomlTable {
  const [head, ...rest] = path;
  if (head === undefined) return table;
  const { [head]: below, ...others } = table;
  if (rest.length === 0) return others;
  if (below === undefined) return table;
  return { ...others, [head]: without(tableAt(below, head, path), rest) };
}

function withMembers(
  table: TomlTable,
  path: readonly string[],
  members: TomlMembers,
  whole: readonly string[],
): TomlTable {
  const [head, ...rest] = path;
  if (head === undefined) {
    for (const name of members.keys()) if (Object.hasOwn(table, name)) assertNoTable(table[name]);
    // An own key named __proto__ is data, too.
    return Object.fromEntries([...Object.entries(table), ...members]);
  }
  const { [head]: below, ...others } = table;
  const under = below === undefined ? {} : tableAt(below, head, whole);
  return { ...others, [head]: withMembers(under, rest, members, whole) };
}

function tableAt(value: unknown, name: string, path: readonly string[]): TomlTable {
  if (isTable(value)) return value;
  throw new TomlEditError(`${name} is not a table, so ${path.join('.')} cannot be set in it.`);
}

/** A table with all it holds never goes by accident: it has to be removed first. */
function assertNoTable(present: unknown): void {
  if (!isTable(present)) return;
  throw new TomlEditError('a table stands where a value is to be set; remove it first.');
}

function reparsed(text: string): TomlTable {
  try {
    return parseToml(text);
  } catch {
    throw new TomlEditError('cannot place the change in this file; edit it by hand.');
  }
}

/**
 * Tables that hold nothing count as absent: whether `[a]` stays behind when its
 * last key goes is spelling. Key order and prototypes are evened out.
 */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isTable(value)) return value;
  const kept: Record<string, unknown> = Object.create(null);
  for (const [key, below] of Object.entries(value)) {
    const plain = withoutEmpty(below);
    if (plain !== undefined) kept[key] = plain;
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}

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
