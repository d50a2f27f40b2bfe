import { ArchiveDirectory } from './archive-directory.js';
import { ArchiveDamagedError, readManifest, UnknownArchiveError } from './archive-manifest.js';

/** Archives whose events are not in the journal, oldest first. */
export interface ArchivesInForce {
  readonly ids: readonly string[];
  /** The command that restores all of them; null when there is none. */
  readonly command: string | null;
}

/** Where every archive was brought back, or none was asked for. */
export const NO_ARCHIVES: ArchivesInForce = { ids: [], command: null };

/** More ids than these would be a command nobody can read. */
const MOST_NAMED = 3;

/** Reads the manifests; what cannot be read is for `verify` to name. */
export function archivesInForce(path: string): ArchivesInForce {
  const ids = new ArchiveDirectory(path).manifests().flatMap((manifest) => {
    try {
      const { id, restored_at } = readManifest(manifest);
      return restored_at === null ? [id] : [];
    } catch (error) {
      if (error instanceof UnknownArchiveError || error instanceof ArchiveDamagedError) return [];
      throw error;
    }
  });
  if (ids.length === 0) return { ids, command: null };
  const named = ids.length <= MOST_NAMED ? ids.join(' ') : `${path}/*.manifest.json`;
  return { ids, command: `redrain restore ${named} --yes` };
}
