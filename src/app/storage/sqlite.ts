import { hasStores, openCopy, openStores, openStoresReadOnly } from '../../sqlite/stores.js';
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
