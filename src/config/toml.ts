import { parse, TomlError } from 'smol-toml';

/** The text is not valid TOML. The message names the place and quotes nothing of the file. */
export class BrokenTomlError extends Error {
  override readonly name = 'BrokenTomlError';

  /** `line`: 1-based, where the text is broken. */
  constructor(
    message: string,
    readonly line?: number,
  ) {
    super(message);
  }
}

/**
 * UTF-8 text of a TOML file, exactly: a byte order mark stays.
 * @throws BrokenTomlError when the bytes are not UTF-8.
 */
export function decodeToml(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BrokenTomlError('it is not UTF-8 text');
  }
}

/**
 * The top-level table. Integers too large for a double come as bigint.
 * @throws BrokenTomlError with line and column. The parser's own message would
 * quote the lines around, which may hold what nobody should see.
 */
export function parseToml(text: string): TomlTable {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    throw new BrokenTomlError(`line ${error.line}, column ${error.column}: ${what}`, error.line);
  }
}

/** A TOML table as the parser gives it. */
export type TomlTable = Readonly<Record<string, unknown>>;

/** True for a TOML table, and for no array, date or bare value. */
export const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** A value redrain writes into a TOML file. */
export type TomlValue = string | number | boolean | readonly string[];

/** The TOML spelling of a value, on one line. Lone surrogates are refused: TOML is UTF-8. */
export function spellValue(value: TomlValue): string {
  if (typeof value === 'string') return spellString(value);
  if (typeof value === 'object') return `[${value.map(spellString).join(', ')}]`;
  return String(value);
}

/** A dotted key, quoted where TOML needs it. */
export const spellKey = (path: readonly string[]): string =>
  path.map((part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : spellString(part))).join('.');

/** JSON escapes are TOML escapes; only DEL is left bare by JSON and barred by TOML. */
function spellString(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError('text is not valid Unicode');
  return JSON.stringify(text).replaceAll('\u007f', '\\u007F');
}
