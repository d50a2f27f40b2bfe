import { shownAddress } from '../address/shown-address.js';
import { type ConfigDocument, settingsOf } from './document.js';
import { CONFIG_KEYS, type ConfigKey } from './keys.js';
import { isTable, type TomlTable } from './toml.js';

/** One line of `redrain config`. */
export interface ConfigRow {
  /** Dotted path in config.toml, or the name of the variable. */
  readonly key: string;
  /** Ready to print, never a secret; null when nothing is set and nothing is the default. */
  readonly value: string | null;
  /** `kept`: the file is silent, and the configured endpoint has it from before. */
  readonly source: 'file' | 'environment' | 'kept' | 'default';
  readonly type: string;
  readonly doc: string;
}

/**
 * Every key in force and where it came from. Tables of the operator's own names
 * (`sync.projects` and the like) give one row an entry, and none when they are
 * empty.
 *
 * @throws ConfigUnreadableError when the file cannot be used.
 */
export function configInForce(
  document: ConfigDocument,
  env: NodeJS.ProcessEnv,
  { kept = new Map(), usesSpecKitty }: ShownFor,
): ConfigRow[] {
  settingsOf(document);
  const file: TomlTable = document.state === 'ok' ? { sync: document.raw } : {};
  const isInRedrain = tableOfRows(document, usesSpecKitty);
  return keysFor(usesSpecKitty).flatMap((key) =>
    rowsOf(key, file, env).map((given) => {
      if (given.source === 'default' && kept.has(given.key))
        return row(key, given.key, kept.get(given.key), 'kept');
      const there = given.key.replace(/^sync\./, 'redrain.');
      return isInRedrain(there) ? { ...given, key: there } : given;
    }),
  );
}

/** For whom the configuration is shown. */
export interface ShownFor {
  /** What a known endpoint keeps where the file is silent, by its key. */
  readonly kept?: ReadonlyMap<string, unknown>;
  readonly usesSpecKitty: boolean;
}

/** The keys that are shown: only users of Spec Kitty want to know of its own. */
function keysFor(usesSpecKitty: boolean): readonly ConfigKey[] {
  if (!usesSpecKitty) return CONFIG_KEYS.filter(({ specKitty }) => specKitty !== true);
  return CONFIG_KEYS.map((key) =>
    typeof key.specKitty === 'object' ? { ...key, ...key.specKitty } : key,
  );
}

/** Tells of a key below `redrain` whether it stands there, or would be written there. */
function tableOfRows(document: ConfigDocument, usesSpecKitty: boolean): (key: string) => boolean {
  const redrain = document.state === 'ok' ? new Set(pathsOf({ redrain: document.redrain })) : NONE;
  if (usesSpecKitty || document.state !== 'ok') return (key) => !usesSpecKitty || redrain.has(key);
  const all = pathsOf({ redrain: document.raw });
  const shared = new Set(all.filter((key) => !redrain.has(key)));
  return (key) => !shared.has(key);
}

const NONE: ReadonlySet<string> = new Set();

/** Every key of a table, spelled as rows spell it, those of its tables included. */
const pathsOf = (table: TomlTable): string[] =>
  Object.entries(table).flatMap(([name, value]) =>
    isTable(value)
      ? [joined(name, ''), ...pathsOf(value).map((below) => joined(name, below))]
      : [joined(name, '')],
  );

function rowsOf(key: ConfigKey, file: TomlTable, env: NodeJS.ProcessEnv): ConfigRow[] {
  const inFile = key.key === null ? [] : valuesAt(file, key.key.split('.'));
  const inEnv = valueInEnvironment(key, env);
  if (inEnv.trim()) return [row(key, key.key ?? key.env ?? '', inEnv, 'environment')];
  if (inFile.length > 0) return inFile.map(([path, value]) => row(key, path, value, 'file'));
  if (key.key?.includes('*')) return [];
  return [row(key, key.key ?? key.env ?? '', key.default, 'default')];
}

function valueInEnvironment(key: ConfigKey, env: NodeJS.ProcessEnv): string {
  if (key.env === undefined || key.overrides?.(env) === false) return '';
  const lowerCase = key.lowerCaseFirst === true ? env[key.env.toLowerCase()] : undefined;
  return lowerCase || env[key.env] || '';
}

const row = (
  { shown, type, doc }: ConfigKey,
  key: string,
  value: unknown,
  source: ConfigRow['source'],
): ConfigRow => ({
  key,
  value: value === undefined ? null : display(value, shown),
  source,
  type,
  doc,
});

function display(value: unknown, shown: ConfigKey['shown']): string {
  if (shown === 'secret') return '[secret]';
  const text = typeof value === 'string' ? value : JSON.stringify(value, spellBigInt);
  return shown === 'url' ? shownAddress(text) : text;
}

const spellBigInt = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

/** Values at a dotted path in which `*` stands for every key of a table. */
function valuesAt(table: unknown, path: readonly string[]): [path: string, value: unknown][] {
  const [head, ...rest] = path;
  if (head === undefined) return table === undefined ? [] : [['', table]];
  if (!isTable(table)) return [];
  const names = head === '*' ? Object.keys(table) : [head];
  return names.flatMap((name) =>
    valuesAt(table[name], rest).map(([below, value]): [string, unknown] => [
      joined(name, below),
      value,
    ]),
  );
}

const joined = (name: string, below: string): string => {
  const key = /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
  return below === '' ? key : `${key}.${below}`;
};
