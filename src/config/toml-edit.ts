import { isDeepStrictEqual } from 'node:util';
import { RedrainError } from '../base/error.js';
import { parseToml } from './toml.js';
import { isSamePath } from './toml-place.js';
import { removeKey } from './toml-remove.js';
import { setKeys, type TomlMembers } from './toml-set.js';
import { isTable, type TomlTable } from './toml-table.js';
import type { TomlValue } from './toml-write.js';

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
  throw new TomlEditError(`${name} is no table, so ${path.join('.')} cannot be set in it.`);
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
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isTable(value)) return value;
  const kept: Record<string, unknown> = Object.create(null);
  for (const [key, below] of Object.entries(value)) {
    const plain = withoutEmpty(below);
    if (plain !== undefined) kept[key] = plain;
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}
