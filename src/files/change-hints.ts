import { watch } from 'node:fs';

/** SQLite's index of a log: whoever only reads writes to it, too. */
const INDEX = '-shm';

/**
 * Calls `hear` when something in a directory is written, made, renamed or removed; not for what is
 * deeper. A hint and no more: where the system cannot tell (a network file system, too many watches)
 * none comes. Keeps no process alive. Returns what ends it.
 */
export function onChangeIn(directory: string, hear: () => void): () => void {
  try {
    const watcher = watch(directory, { persistent: false }, (_event, name) => {
      if (name?.endsWith(INDEX) !== true) hear();
    });
    // The directory is gone, or the watches of this user are used up.
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => undefined;
  }
}
