import type { SettingsEdit } from '../config/target-edit.js';
import { SETTING_IN_FILE, type TargetSetting } from '../config/target-settings.js';
import { headersFault } from '../receivers/headers.js';
import { UsageError } from './failure.js';
import { timeOf } from './times.js';

/** What `KEY=VALUE` words ask for. */
export interface WantedChanges {
  readonly url?: string;
  readonly settings: SettingsEdit;
}

const BY_KEY = new Map(
  Object.entries(SETTING_IN_FILE).map(([setting, key]) => [key as string, setting]),
) as ReadonlyMap<string, TargetSetting>;

/** Keys that `redrain targets set` takes, as config.toml spells them. */
export const WORD_KEYS: readonly string[] = ['url', ...BY_KEY.keys()];

const NUMBERS: ReadonlySet<TargetSetting> = new Set(['maxEvents', 'maxBytes', 'concurrency']);
const LISTS: ReadonlySet<TargetSetting> = new Set(['types', 'secretEnv']);

/**
 * Reads `format=webhook max_bytes=100000 headers=X-Key=KEY_VAR types='Order*,!OrderDraft'`.
 * Nothing behind the equals sign takes a setting away, so that its default
 * counts again. What the values may be is checked where they are written.
 *
 * @throws UsageError
 */
export function wantedChanges(words: readonly string[]): WantedChanges {
  const pairs = words.map(pairOf);
  const keys = pairs.map(([key]) => key);
  const twice = keys.find((key, i) => keys.indexOf(key) < i);
  if (twice !== undefined)
    throw new UsageError(`${twice} is given more than once: it takes one value`);
  const settings = pairs.flatMap(([key, value]) => {
    const setting = BY_KEY.get(key);
    return setting === undefined
      ? []
      : [[setting, value === '' ? undefined : meant(setting, value)]];
  });
  const url = pairs.find(([key]) => key === 'url')?.[1];
  return {
    settings: Object.fromEntries(settings) as SettingsEdit,
    ...(url === undefined ? {} : { url: addressIn(url) }),
  };
}

function pairOf(word: string): readonly [key: string, value: string] {
  const at = word.indexOf('=');
  const key = word.slice(0, Math.max(at, 0));
  if (at < 0 || !WORD_KEYS.includes(key)) throw unknownWord(word, at);
  return [key, word.slice(at + 1)];
}

function unknownWord(word: string, at: number): UsageError {
  // What stands behind the key may be a secret that was pasted.
  const shown = JSON.stringify(word.slice(0, at < 0 ? 40 : Math.min(at, 40)));
  const problem = at < 0 ? 'is not KEY=VALUE' : 'is not a setting of a target';
  return new UsageError(`${shown} ${problem}: the keys are ${WORD_KEYS.join(', ')}`);
}

function addressIn(value: string): string {
  if (value.trim() !== '') return value;
  throw new UsageError('url needs an address', {
    advice: '`redrain targets retire NAME` ends a target',
  });
}

function meant(setting: TargetSetting, value: string): unknown {
  if (setting === 'headers') return headersIn(value.split(','));
  if (LISTS.has(setting)) return listIn(value);
  if (setting === 'from') return fromIn('from', value);
  return NUMBERS.has(setting) && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

/** `all` and `now` as they are; any other time as the file has it, with its zone. */
export const fromIn = (option: string, value: string): string =>
  value === 'all' || value === 'now' ? value : new Date(timeOf(option, value)).toISOString();

/** Separated by commas, or a JSON list where one holds a comma. */
function listIn(value: string): unknown {
  if (!value.startsWith('[')) return value.split(',').map((part) => part.trim());
  try {
    return JSON.parse(value);
  } catch {
    throw new UsageError('a list in brackets is read as JSON: \'["Order*","!OrderDraft"]\'');
  }
}

/** `NAME=ENV_VAR`: only the name of a variable is ever written down, so that no secret is. */
export function headersIn(texts: readonly string[]): Record<string, string> {
  const headers = texts.map(headerIn);
  const fault = headersFault(headers.map(([name]) => name));
  if (fault !== undefined) throw new UsageError(fault);
  return Object.fromEntries(headers);
}

function headerIn(text: string): [name: string, variable: string] {
  const match = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)=([A-Za-z_][A-Za-z0-9_]*)\s*$/.exec(text);
  if (match === null) {
    const [name = ''] = text.split(/[=:]/);
    throw new UsageError(
      `the header ${name.slice(0, 40)}=… must be NAME=ENV_VAR, the name of a variable`,
    );
  }
  return [match[1] as string, match[2] as string];
}
