import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RedrainError } from '../base/error.js';
import { type Mount, parseMountCommand, parseMountInfo } from './mount-table.js';
import { networkFilesystem } from './network-filesystem.js';

/** The home lies where neither file locks nor WAL are safe. */
export class NetworkHomeError extends RedrainError {
  override readonly name = 'NetworkHomeError';
  readonly code = 'HOME_ON_NETWORK';
  constructor(
    readonly home: string,
    readonly reason: string,
  ) {
    super(
      `the home ${home} cannot be used: ${reason}. Locks and write-ahead logs are not safe there, ` +
        'and events could be lost. Choose a local directory with --home or REDRAIN_HOME, ' +
        'or take the risk with --unsafe-home.',
    );
  }
}

/** How the check asks the system; a test answers for it. */
export interface FilesystemProbe {
  readonly platform: NodeJS.Platform;
  /** The `statfs` type number of an existing directory. */
  readonly typeOf: (directory: string) => number;
  readonly mounts: () => readonly Mount[];
}

/**
 * Throws when the home, or redrain's directory in it, is on a network file
 * system; a home that does not exist yet is judged by its nearest existing
 * ancestor. Where the system gives no answer the home is taken to be local:
 * the check is there to catch a mistake, not to lock anybody out. Linux is
 * exact, macOS goes by the mount table, Windows by the shape of the path.
 *
 * @throws NetworkHomeError unless the home is local.
 */
export function assertLocalFilesystem(home: string, probe: FilesystemProbe = systemProbe()): void {
  const reason = remoteness(home, probe);
  if (reason !== undefined) throw new NetworkHomeError(home, reason);
}

function remoteness(home: string, probe: FilesystemProbe): string | undefined {
  if (probe.platform === 'win32') {
    return /^[\\/]{2}[^.?\\/]/.test(home) ? 'it is on a network share' : undefined;
  }
  const directory = nearestExisting(join(home, 'redrain'));
  const type = probe.platform === 'linux' ? attempt(() => probe.typeOf(directory)) : undefined;
  if (type === undefined && probe.platform === 'linux') return undefined;
  const name = networkFilesystem(directory, type, () => attempt(probe.mounts) ?? []);
  return name === undefined ? undefined : `${directory} is on a network file system (${name})`;
}

/** Links resolved, so that a link to a network directory is seen for what it is. */
function nearestExisting(path: string): string {
  let candidate = path;
  while (!existsSync(candidate) && dirname(candidate) !== candidate) candidate = dirname(candidate);
  return attempt(() => realpathSync(candidate)) ?? candidate;
}

const systemProbe = (): FilesystemProbe => ({
  platform: process.platform,
  typeOf: (directory) => statfsSync(directory).type,
  mounts: () =>
    process.platform === 'darwin'
      ? parseMountCommand(execFileSync('/sbin/mount', { encoding: 'utf8', timeout: 2000 }))
      : parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')),
});

function attempt<T>(question: () => T): T | undefined {
  try {
    return question();
  } catch {
    return undefined;
  }
}
