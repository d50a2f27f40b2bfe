import { readFileSync } from 'node:fs';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { type ConfigFault, checkConfig, KeyLines } from '../config/check.js';
import type { ConfigDocument } from '../config/document.js';
import { ConfigEditError, editConfig } from '../config/edit.js';
import { type ConfigRow, configInForce } from '../config/in-force.js';
import { type NamedKey, namedKey, nearestKey } from '../config/key-names.js';
import type { SyncSettings } from '../config/settings.js';
import { isNamed } from '../config/target-edit.js';
import { decodeToml, parseToml, spellKey, type TomlValue } from '../config/toml.js';
import { declaredTarget } from '../targets/active-target.js';
import { canonicalUrl, UnusableUrlError } from '../targets/canonical-url.js';
import type { App } from './app.js';
import { keptSettings } from './change-mode.js';

/** The configuration has no such key, or one that is not set here; 64 on the command line. */
export class ConfigKeyError extends RedrainError {
  override readonly name = 'ConfigKeyError';
  readonly code = 'CONFIG_KEY';
  override readonly exitCode = EXIT.usage;
}

/** Every key in force, with what the active endpoint kept from before. @throws ConfigUnreadableError */
export async function keysInForce(app: App): Promise<ConfigRow[]> {
  const { config, usesSpecKitty } = await app.situation();
  const kept = await keptSettings(app);
  return configInForce(config, app.env, { kept, usesSpecKitty });
}

/**
 * One key in force; undefined where nothing is set and nothing is the default.
 *
 * @throws ConfigKeyError for one that there is not; ConfigUnreadableError.
 */
export async function readKey(app: App, text: string): Promise<ConfigRow | undefined> {
  const { key, path } = known(text);
  const names = [path, ['redrain', ...path.slice(1)]].map(spellKey);
  const rows = await keysInForce(app);
  const found = rows.find((row) => names.includes(row.key) || row.key === key.env);
  return found?.value === null ? undefined : found;
}

/**
 * Sets a key in config.toml, in the table that has such keys, and keeps every
 * other byte. Nothing is written unless the file is right afterwards. Returns
 * false when the file says so already.
 *
 * @throws ConfigKeyError, and as `editConfig`.
 */
export async function setKey(app: App, text: string, value: string): Promise<boolean> {
  const named = known(text);
  assertSettable(named, value);
  try {
    return await editConfig(app.paths.config, [{ path: named.path, value: meant(named, value) }]);
  } catch (error) {
    if (!(error instanceof ConfigEditError)) throw error;
    throw new ConfigKeyError(`${error.message} Nothing was written.`);
  }
}

function known(text: string): NamedKey {
  const named = namedKey(text);
  if (named !== undefined) return named;
  const near = nearestKey(text);
  // What stands there may be a secret that was pasted in place of a key.
  const shown = JSON.stringify(text.slice(0, 80));
  throw new ConfigKeyError(
    `the configuration has no key ${shown}${near === undefined ? '' : `: did you mean ${near}?`}`,
  );
}

function assertSettable({ key, path }: NamedKey, value: string): void {
  const name = path.at(-1);
  if (key.key === null)
    throw new ConfigKeyError(
      `${key.env} is a variable of the environment: set it there, the file does not have it`,
    );
  if (name === 'url' && path[1] === 'targets')
    throw new ConfigKeyError('another address is another target', {
      advice:
        '`redrain targets set NAME url=URL` says first what that changes, `redrain targets add NAME URL` declares one',
    });
  if (name === 'endpoint')
    throw new ConfigKeyError('another endpoint is another target', {
      advice: '`redrain mode endpoint --endpoint URL` sets it with its settings',
    });
  if (name !== 'server_url') return;
  try {
    canonicalUrl(value);
  } catch (error) {
    if (error instanceof UnusableUrlError) throw new ConfigKeyError(error.message);
    throw error;
  }
}

/** Numbers, lists and `true` as TOML has them; everything else is text. */
function meant({ key: { type } }: NamedKey, text: string): TomlValue {
  if (/number|bytes|milliseconds/.test(type) && /^\d{1,15}$/.test(text)) return Number(text);
  if (/true/.test(type) && /^(true|false)$/.test(text)) return text === 'true';
  if (!/\blist\b/.test(type)) return text;
  if (text.startsWith('[')) return listIn(text);
  const parts = text.split(',').map((part) => part.trim());
  return parts.length === 1 && /variable/.test(type) ? text : parts;
}

function listIn(text: string): TomlValue {
  try {
    return parseToml(`list = ${text}`).list as readonly string[];
  } catch {
    throw new ConfigKeyError('a list in brackets is read as TOML: ["Order*", "!OrderDraft"]');
  }
}

/** What is wrong with config.toml; nothing for a file that is not there. */
export interface ConfigCheck {
  readonly file: string;
  readonly exists: boolean;
  readonly faults: readonly ConfigFault[];
}

/** Reads config.toml and names every fault with its line. Never throws for what is in it. */
export async function validateConfig(app: App): Promise<ConfigCheck> {
  const { config } = await app.situation();
  const { path: file } = config;
  if (config.state === 'absent') return { file, exists: false, faults: [] };
  const bytes = bytesOf(file);
  if (bytes === undefined) {
    const problem = config.state === 'unreadable' ? config.reason : 'it cannot be read';
    return { file, exists: true, faults: [{ line: null, problem }] };
  }
  const faults = checkConfig(bytes);
  if (config.state !== 'ok') return { file, exists: true, faults };
  const all = [...faults, ...addressFaults(config, new KeyLines(decodeToml(bytes)))];
  return { file, exists: true, faults: all.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

function bytesOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

type ReadConfig = Extract<ConfigDocument, { state: 'ok' }>;

/** Addresses that no request can be sent to. */
function addressFaults({ settings, redrain }: ReadConfig, lines: KeyLines): ConfigFault[] {
  const faults: ConfigFault[] = [];
  for (const declared of settings.targets.values()) {
    const target = declared.fault === undefined ? declaredTarget(declared) : undefined;
    const path = [...namesIn(declared.place), isNamed(declared) ? 'url' : 'endpoint'];
    if (target?.state === 'error') faults.push({ line: lines.of(path), problem: target.message });
  }
  const table = redrain.server_url === undefined ? 'sync' : 'redrain';
  return [...faults, ...serverFault(settings, [table, 'server_url'], lines)];
}

/** The parts of the place of a target; only its name may hold dots. */
function namesIn(place: string): string[] {
  const [table = '', kind = '', ...name] = place.split('.');
  return [table, kind, ...(name.length === 0 ? [] : [name.join('.').replaceAll('"', '')])];
}

function serverFault(
  { configuredServerUrl: url }: SyncSettings,
  path: readonly string[],
  lines: KeyLines,
): ConfigFault[] {
  try {
    if (url !== undefined) canonicalUrl(url);
    return [];
  } catch (error) {
    if (!(error instanceof UnusableUrlError)) throw error;
    return [{ line: lines.of(path), problem: `${spellKey(path)}: ${error.message}` }];
  }
}
