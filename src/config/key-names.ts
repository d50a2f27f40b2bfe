import { nearest } from '../base/nearest.js';
import { CONFIG_KEYS, type ConfigKey } from './keys.js';
import { TABLES } from './tables.js';
import { isTable, parseToml } from './toml.js';

/** A key as somebody typed it, understood. */
export interface NamedKey {
  readonly key: ConfigKey;
  /** From the root of config.toml, below `sync`; the name of the variable where only the environment has it. */
  readonly path: readonly string[];
}

/**
 * The key of the configuration that a text names: dotted as in TOML, in either
 * table or without one (`mode`, `redrain.mode` and `sync.mode` are one key), or
 * the name of a variable. Undefined when there is none.
 */
export function namedKey(text: string): NamedKey | undefined {
  const variable = CONFIG_KEYS.find(({ env }) => env === text);
  if (variable !== undefined) return { key: variable, path: variable.key?.split('.') ?? [text] };
  const path = pathIn(text);
  if (path === undefined) return undefined;
  const below = TABLES.some((table) => table === path[0]) ? path.slice(1) : path;
  const key = CONFIG_KEYS.find((one) => one.key !== null && fits(one.key, ['sync', ...below]));
  return key && { key, path: ['sync', ...below] };
}

/** The key that is spelled most like a mistyped one, without its table; none of Spec Kitty's own. */
export function nearestKey(text: string): string | undefined {
  const given = pathIn(text) ?? [text];
  const below = TABLES.some((table) => table === given[0]) ? given.slice(1) : given;
  const neutral = CONFIG_KEYS.filter(({ specKitty }) => specKitty !== true);
  const known = neutral.flatMap(({ key, env }) => [
    ...(key === null ? [] : [filled(key.split('.').slice(1), below)]),
    ...(env === undefined ? [] : [env]),
  ]);
  return nearest(below.join('.'), known);
}

/** Names of the operator's own stand where the key has `*`. */
const filled = (pattern: readonly string[], given: readonly string[]): string =>
  pattern.map((part, i) => (part === '*' ? (given[i] ?? part) : part)).join('.');

function fits(pattern: string, path: readonly string[]): boolean {
  const parts = pattern.split('.');
  return parts.length === path.length && parts.every((part, i) => part === '*' || part === path[i]);
}

/** The parts of a dotted TOML key; undefined for what is none. */
function pathIn(text: string): string[] | undefined {
  if (/[\r\n=#]/.test(text)) return undefined;
  try {
    const path: string[] = [];
    let value: unknown = parseToml(`${text} = 0`);
    while (isTable(value)) {
      const [[name, below] = ['', 0]] = Object.entries(value);
      path.push(name);
      value = below;
    }
    return path;
  } catch {
    return undefined;
  }
}
