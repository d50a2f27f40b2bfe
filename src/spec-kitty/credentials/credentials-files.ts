import type { HomePaths } from '../../config/home.js';
import type { TomlTable } from '../../config/toml-table.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../../files/plain-file.js';
import { whyNot } from '../../files/trouble.js';
import type { CredentialEntry } from './credential-entry.js';
import { ownEntries } from './credentials-own.js';
import { specKittyEntries } from './credentials-spec-kitty.js';

/** What one credentials file holds, by origin. */
export interface CredentialFile {
  readonly entries: ReadonlyMap<string, CredentialEntry>;
  /** Why the file could not be used, as a sentence without secrets. */
  readonly problem?: string;
}

type Reader = (table: TomlTable, path: string) => ReadonlyMap<string, CredentialEntry>;

/** redrain's own file, then Spec Kitty's. A missing one is empty. */
export async function readCredentialFiles(paths: HomePaths): Promise<CredentialFile[]> {
  return [
    await readOne(paths.ownCredentials, ownEntries),
    await readOne(paths.credentials, specKittyEntries),
  ];
}

async function readOne(path: string, read: Reader): Promise<CredentialFile> {
  const bytes = readBytes(path);
  if (bytes === undefined) return { entries: new Map() };
  if (typeof bytes === 'string') return unusable(path, bytes);
  const { BrokenTomlError, decodeToml, parseToml } = await import('../../config/toml.js');
  try {
    return { entries: read(parseToml(decodeToml(bytes)), path) };
  } catch (error) {
    if (error instanceof BrokenTomlError) return unusable(path, error.message);
    throw error;
  }
}

const unusable = (path: string, why: string): CredentialFile => ({
  entries: new Map(),
  problem: `${path} cannot be used: ${why}.`,
});

/** The bytes, undefined for no file, or what kept them away. */
function readBytes(path: string): Buffer | string | undefined {
  try {
    return readPlainFile(path, MAX_TEXT_BYTES);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : whyNot(error);
  }
}
