import { isDeepStrictEqual } from 'node:util';
import { isTable, parseToml, spellKey, type TomlTable } from './toml.js';
import { TomlEditError, withoutEmpty } from './toml-edit.js';
import { isAtOrBelow, scanToml, splice, type TomlEntry, type TomlSection } from './toml-scan.js';

/**
 * The text with a table under another name, and every other byte as it was: its
 * comments and the order of its keys stay. Checked as `editToml` checks: what
 * cannot be renamed in place is refused, never damaged.
 *
 * @throws TomlEditError when the table has another name in a way that cannot be edited.
 */
export function renameTable(text: string, path: readonly string[], name: string): string {
  const sections = scanToml(text);
  const pieces = sections.flatMap((section) => piecesOf(text, section, path, name));
  const last = [...pieces].sort((a, b) => b.start - a.start);
  const renamed = last.reduce(
    (all, { start, end, insert }) => splice(all, start, end, insert),
    text,
  );
  const meant = withoutEmpty(moved(parseToml(text), path, name));
  if (!isDeepStrictEqual(withoutEmpty(parsed(renamed)), meant))
    throw new TomlEditError(`cannot rename ${spellKey(path)} in this file; edit it by hand.`);
  return renamed;
}

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly insert: string;
}

function piecesOf(
  text: string,
  section: TomlSection,
  path: readonly string[],
  name: string,
): Piece[] {
  const { headerStart: start, headerEnd: end, isArray } = section;
  const to = [...path.slice(0, -1), name];
  if (!isAtOrBelow(section.path, path))
    return section.entries.flatMap((entry) => keyPieces(text, entry, section.path, path, to));
  const header = spellKey([...to, ...section.path.slice(path.length)]);
  return [{ start, end, insert: isArray ? `[[${header}]]` : `[${header}]` }];
}

/** Dotted keys, and keys of tables in one line, that name the table. */
function keyPieces(
  text: string,
  entry: TomlEntry,
  above: readonly string[],
  path: readonly string[],
  to: readonly string[],
): Piece[] {
  if (!isAtOrBelow(entry.path, path))
    return (entry.inline ?? []).flatMap((below) => keyPieces(text, below, entry.path, path, to));
  const key = spellKey([...to, ...entry.path.slice(path.length)].slice(above.length));
  const equals = text.lastIndexOf('=', entry.valueStart);
  return [{ start: entry.keyStart, end: equals, insert: `${key} ` }];
}

function moved(table: TomlTable, [head, ...rest]: readonly string[], name: string): TomlTable {
  const { [head ?? '']: below, ...others } = table;
  if (rest.length === 0) return { ...others, [name]: below };
  return { ...others, [head ?? '']: isTable(below) ? moved(below, rest, name) : below };
}

function parsed(text: string): TomlTable | undefined {
  try {
    return parseToml(text);
  } catch {
    return undefined;
  }
}
