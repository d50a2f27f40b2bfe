import { isDeepStrictEqual } from 'node:util';
import { parseToml } from './toml.js';
import { removeKey } from './toml-remove.js';
import { setKey } from './toml-set.js';
import { isTable, type TomlTable } from './toml-table.js';
import type { TomlValue } from './toml-write.js';

/** One key to set, or with `value: undefined` one key or table to remove. */
export interface TomlChange {
  readonly path: readonly string[];
  readonly value: TomlValue | undefined;
}

/** The text could not be edited as asked; nothing was changed. */
export class TomlEditError extends Error {
  override readonly name = 'TomlEditError';
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
  for (const { path, value } of changes) {
    meant = withChange(meant, path, value);
    edited = value === undefined ? removeKey(edited, path) : setKey(edited, path, value);
  }
  if (!isDeepStrictEqual(withoutEmpty(reparsed(edited)), withoutEmpty(meant))) {
    const keys = changes.map(({ path }) => path.join('.')).join(', ');
    throw new TomlEditError(`cannot change ${keys} without touching the rest; edit it by hand.`);
  }
  return edited;
}

function withChange(
  table: TomlTable,
  path: readonly string[],
  value: TomlValue | undefined,
): TomlTable {
  const [head, ...rest] = path;
  if (head === undefined) return table;
  const { [head]: below, ...others } = table;
  if (rest.length === 0)
    return value === undefined ? others : { ...others, [head]: inPlaceOf(below, value) };
  if (below === undefined && value === undefined) return table;
  if (below !== undefined && !isTable(below)) {
    throw new TomlEditError(`${head} is no table, so ${path.join('.')} cannot be set in it.`);
  }
  return { ...others, [head]: withChange(below ?? {}, rest, value) };
}

/** A table with all it holds never goes by accident: it has to be removed first. */
function inPlaceOf(present: unknown, value: TomlValue): TomlValue {
  if (!isTable(present)) return value;
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
