import { lstatSync, statSync } from 'node:fs';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../files/plain-file.js';
import { whyNot } from '../files/trouble.js';
import { DEFAULT_SETTINGS, type SyncSettings } from './settings.js';
import type { DeclaredTarget } from './target-settings.js';
import type { TomlTable } from './toml.js';

/**
 * What config.toml says at one moment. Unreadable is a state of its own and
 * never means "defaults", which would make a sender of a machine that had opted
 * out: delivery closes, edits are refused, capture goes on.
 */
export type ConfigDocument =
  | { readonly state: 'absent'; readonly path: string; readonly settings: SyncSettings }
  | {
      readonly state: 'ok';
      readonly path: string;
      readonly settings: SyncSettings;
      /** `[sync]` and `[redrain]` as written, in one, for showing what comes from the file. */
      readonly raw: TomlTable;
      /** `[redrain]` alone, for showing where a key stands. */
      readonly redrain: TomlTable;
    }
  | {
      readonly state: 'unreadable';
      readonly path: string;
      /** What is wrong and where, as a full sentence without secrets. */
      readonly reason: string;
    };

/** config.toml cannot be used; nothing is decided in its place. */
export class ConfigUnreadableError extends RedrainError {
  override readonly name = 'ConfigUnreadableError';
  readonly code = 'CONFIG_UNREADABLE';
  override readonly exitCode = EXIT.blocked;
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${reason} Fix the file, then run the command again.`);
  }
}

/** The settings in force. @throws ConfigUnreadableError when they cannot be known. */
export function settingsOf(document: ConfigDocument): SyncSettings {
  if (document.state !== 'unreadable') return document.settings;
  throw new ConfigUnreadableError(document.path, document.reason);
}

/**
 * Reads config.toml. Never throws: whatever keeps the file from being
 * understood (permissions, broken text, a wrong type in a key we use, a link
 * to nowhere) is `unreadable`. Keys we do not know are left alone, for the file
 * is shared with Spec Kitty. The parsers load only when there is a file.
 */
export async function readConfigDocument(path: string): Promise<ConfigDocument> {
  return new ConfigReader(path).read();
}

/** Milliseconds after which a file that changes again has other times, on every file system. */
const SETTLED_MS = 2_000;

/**
 * config.toml for those who ask before every request. The file is looked at
 * each time, so no edit is missed. It is read only when its times, its size or
 * the file itself have changed, or changed so lately that another edit could
 * have the same times; and parsed only when its bytes have changed.
 */
export class ConfigReader {
  readonly #path: string;
  readonly #now: () => number;
  readonly #declared: ReadonlyMap<string, DeclaredTarget>;
  #absent: ConfigDocument | undefined;
  #unreadable: ConfigDocument | undefined;
  #last: { stamp: string | undefined; bytes: Buffer; document: ConfigDocument } | undefined;

  /** `declared`: targets of the program itself, which go before those of the file. */
  constructor(
    path: string,
    now: () => number = Date.now,
    declared: ReadonlyMap<string, DeclaredTarget> = new Map(),
  ) {
    this.#path = path;
    this.#now = now;
    this.#declared = declared;
  }

  /** The same object as long as nothing has changed. */
  async read(): Promise<ConfigDocument> {
    const path = this.#path;
    // Taken before the bytes: an edit in between is seen the next time.
    const stamp = stampOf(path, this.#now());
    const last = this.#last;
    if (last !== undefined && stamp !== undefined && last.stamp === stamp) return last.document;
    const file = readFile(path);
    if (file.state === 'absent') {
      this.#absent ??= this.#complete({ state: 'absent', path, settings: DEFAULT_SETTINGS });
      return this.#absent;
    }
    if (file.state === 'unreadable') return this.#cannotBeRead(file.reason);
    if (last?.bytes.equals(file.bytes)) {
      last.stamp = stamp;
      return last.document;
    }
    const { parseConfig } = await import('./parse.js');
    const document = this.#complete(parseConfig(path, file.bytes));
    this.#last = { stamp, bytes: file.bytes, document };
    return document;
  }

  #cannotBeRead(reason: string): ConfigDocument {
    const last = this.#unreadable;
    if (last?.state === 'unreadable' && last.reason === reason) return last;
    this.#unreadable = { state: 'unreadable', path: this.#path, reason };
    return this.#unreadable;
  }

  #complete(document: ConfigDocument): ConfigDocument {
    if (document.state === 'unreadable' || this.#declared.size === 0) return document;
    const { settings } = document;
    const others = [...settings.targets].filter(([name]) => !this.#declared.has(name));
    const targets = new Map([...this.#declared, ...others]);
    return { ...document, settings: { ...settings, targets } };
  }
}

/** Another text for every change of the file; undefined while that cannot be promised. */
function stampOf(path: string, now: number): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(path, { bigint: true });
    if (Number(ctimeMs) > now - SETTLED_MS) return undefined;
    return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    // Reading the file says what is wrong.
    return undefined;
  }
}

type FileAnswer =
  | { state: 'absent' }
  | { state: 'read'; bytes: Buffer }
  | { state: 'unreadable'; reason: string };

function readFile(path: string): FileAnswer {
  try {
    return { state: 'read', bytes: readPlainFile(path, MAX_TEXT_BYTES) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !isDanglingLink(path)) return { state: 'absent' };
    const why = code === 'ENOENT' ? 'it is a link to a file that does not exist' : whyNot(error);
    return { state: 'unreadable', reason: `${path} cannot be read: ${why}.` };
  }
}

/** A link whose target is gone is a configuration out of reach, not the lack of one. */
function isDanglingLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
