import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { closeAfterTest } from './temporary-home.js';

/** What this process did to the disk by `node:fs` (not SQLite's own calls), in order. */
export interface DiskWatch {
  /** Paths whose bytes or entries were put on disk. */
  readonly synced: string[];
}

/** Watches every fsync until the test ends. */
export function watchDisk(): DiskWatch {
  const { openSync, fsyncSync } = fs;
  const paths = new Map<number, string>();
  const synced: string[] = [];
  fs.openSync = (path, ...rest) => {
    const descriptor = openSync(path, ...rest);
    paths.set(descriptor, String(path));
    return descriptor;
  };
  fs.fsyncSync = (descriptor) => {
    fsyncSync(descriptor);
    synced.push(paths.get(descriptor) ?? `descriptor ${descriptor}`);
  };
  syncBuiltinESMExports();
  closeAfterTest(() => {
    Object.assign(fs, { openSync, fsyncSync });
    syncBuiltinESMExports();
  });
  return { synced };
}

/** Has calls of `node:fs` fail with a code of the system, for paths that match, until the test ends. */
export function failCalls(
  calls: readonly ('openSync' | 'mkdirSync' | 'fsyncSync' | 'writeSync' | 'chmodSync')[],
  code: string,
  matches: (path: string) => boolean = () => true,
): void {
  const before = { ...fs };
  for (const call of calls) {
    const real = fs[call] as (...given: unknown[]) => unknown;
    Object.assign(fs, {
      [call]: (...given: unknown[]) => {
        if (!matches(String(given[0]))) return real(...given);
        const message = `${code}: as the test wants it, ${call} '${given[0]}'`;
        throw Object.assign(new Error(message), { code, syscall: call, path: String(given[0]) });
      },
    });
  }
  syncBuiltinESMExports();
  closeAfterTest(() => {
    for (const call of calls) Object.assign(fs, { [call]: before[call] });
    syncBuiltinESMExports();
  });
}
