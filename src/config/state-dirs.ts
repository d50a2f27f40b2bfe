import { mkdirSync } from 'node:fs';
import type { HomePaths } from './home.js';

/**
 * Creates redrain's own directories, and the home when it is missing, for this
 * user alone (0700). Directories that exist keep their mode. Only commands that
 * write call this: reading commands create nothing (SPEC section 12).
 */
export function createStateDirs(paths: HomePaths): void {
  for (const directory of [paths.state, paths.spoolDir, paths.archiveDir, paths.locksDir]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
}
