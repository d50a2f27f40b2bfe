import { hasStores, openCopy, openStores, openStoresReadOnly } from '../../sqlite/stores.js';
import type { JournalSource } from '../../transfer/ports.js';
import type { Engine } from './engine.js';

/** The journal as a file of the home. */
export function sqliteEngine(file: string, random: () => number): Engine {
  return {
    kind: 'sqlite',
    shown: file,
    exists: async () => hasStores(file),
    open: (options) => openStores(file, options, random),
    openToRead: () => openStoresReadOnly(file, random),
    openCopy: (directory) => openCopy(file, directory, random),
  };
}

/** The journal of a file, to be copied somewhere else. @throws StorageUnavailableError. */
export async function openSource(file: string, busyTimeoutMs: number): Promise<JournalSource> {
  const { SqliteSource } = await import('../../sqlite/transfer/source.js');
  return SqliteSource.open(file, busyTimeoutMs);
}
