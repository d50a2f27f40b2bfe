import { parse, TomlError } from 'smol-toml';
import type { TomlTable } from './toml-table.js';

/** The text is not valid TOML. The message names the place and quotes nothing of the file. */
export class BrokenTomlError extends Error {
  override readonly name = 'BrokenTomlError';
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
    throw new BrokenTomlError(`line ${error.line}, column ${error.column}: ${what}`);
  }
}
