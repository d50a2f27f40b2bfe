import { parseMode, plainMode } from '../policy/mode.js';
import { isTable, spellKey, type TomlTable, type TomlValue } from './toml.js';
import type { TomlChange } from './toml-edit.js';

/** The tables of config.toml that redrain reads, as one: `[sync]` is shared with Spec Kitty, `[redrain]` its own. */
export const TABLES = ['sync', 'redrain'] as const;
export type OurTable = (typeof TABLES)[number];

export interface MergedTables {
  /** Every key of both. */
  readonly merged: TomlTable;
  /** Keys that are set in both. */
  readonly clashes: readonly Clash[];
}

/** One key that is set in both tables. */
export interface Clash {
  /** Where it stands the second time. */
  readonly path: readonly string[];
  /** Both spellings. */
  readonly keys: string;
}

/** Both tables as one. */
export function mergeTables({ sync, redrain }: TomlTable): MergedTables {
  const shared = isTable(sync) ? sync : {};
  if (!isTable(redrain)) return { merged: shared, clashes: [] };
  const clashes: Clash[] = [];
  const merged = merge(shared, redrain, [], clashes);
  return { merged, clashes };
}

function merge(a: TomlTable, b: TomlTable, path: readonly string[], clashes: Clash[]): TomlTable {
  const merged: Record<string, unknown> = Object.assign(Object.create(null), a);
  for (const [key, value] of Object.entries(b)) {
    const at = [...path, key];
    const other = Object.hasOwn(a, key) ? a[key] : undefined;
    if (other === undefined) merged[key] = value;
    else if (isTable(other) && isTable(value)) merged[key] = merge(other, value, at, clashes);
    else {
      const there = ['redrain', ...at];
      const keys = `${spellKey(['sync', ...at])} and ${spellKey(there)}`;
      clashes.push({ path: there, keys });
    }
  }
  return merged;
}

/** The table in which a key of ours stands, or would be written. */
export function tableOf(document: TomlTable, path: readonly string[]): OurTable {
  const depths = TABLES.map((table) => depthOf(document[table], path));
  const [inSync = 0, inRedrain = 0] = depths;
  if (inRedrain !== inSync) return inRedrain > inSync ? 'redrain' : 'sync';
  // Spec Kitty reads the address of its server, too.
  return inSync > 0 || path[0] === 'server_url' ? 'sync' : 'redrain';
}

/** How much of a path is there; 0: not even the table. */
function depthOf(table: unknown, path: readonly string[]): number {
  if (!isTable(table)) return 0;
  const [head, ...rest] = path;
  if (head === undefined || !Object.hasOwn(table, head)) return 1;
  return 1 + Math.max(1, depthOf(table[head], rest));
}

/** Programs that share `[sync]` know the older names of the modes; redrain's own table says it plainly. */
function spelledIn(
  table: OurTable,
  [head, ...rest]: readonly string[],
  value: TomlValue,
): TomlValue {
  const mode = head === 'mode' && rest.length === 0 ? parseMode(String(value)) : undefined;
  if (mode === undefined) return value;
  return table === 'redrain' ? plainMode(mode) : mode;
}

/** Changes of keys below `sync`, each in the table where the file has such keys. */
export function placed(document: TomlTable, changes: readonly TomlChange[]): TomlChange[] {
  return changes.flatMap(({ path: [head, ...path], value }): TomlChange[] => {
    if (head !== 'sync') return [{ path: [head ?? '', ...path], value }];
    if (value !== undefined) {
      const table = tableOf(document, path);
      return [{ path: [table, ...path], value: spelledIn(table, path, value) }];
    }
    return TABLES.map((table) => ({ path: [table, ...path], value }));
  });
}
