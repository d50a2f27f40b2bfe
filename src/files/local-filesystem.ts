import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RedrainError } from '../base/error.js';

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

/** `statfs` type numbers of Linux that are network file systems whatever their options. */
const NETWORK_MAGIC = new Map<number, string>([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x564c, 'NCP'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0xaad7aaea, 'PanFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);

/** These two carry local and remote file systems alike: the mount table decides. */
const FUSE_MAGIC = 0x65735546;
const PLAN9_MAGIC = 0x01021997;

/** Types below FUSE, and of macOS, that reach over a network. */
const NETWORK_TYPES =
  /^(?:fuse\.)?(?:nfs4?|smbfs|smb3?|cifs|afpfs|webdav|davfs2?|ftp|curlftpfs|sshfs|macfuse_sshfs|s3fs|s3ql|goofys|mount-s3|rclone|gcsfuse|blobfuse2?|glusterfs|cephfs?|ceph-fuse|mfs|moosefs|juicefs|gvfsd-fuse|afs|lustre|beegfs)$/;

/**
 * The name of the network file system a directory lies on, or undefined for a
 * local one. `type` is what `statfs` gave on Linux, undefined elsewhere.
 * FUSE is refused only for the drivers known to be remote, because many local
 * ones (encryption, overlays, NTFS) are FUSE too; 9p only over a network
 * transport or for WSL's Windows drives, because sandboxes use it for their
 * own local root.
 */
export function networkFilesystem(
  directory: string,
  type: number | undefined,
  mounts: () => readonly Mount[],
): string | undefined {
  if (type !== undefined) {
    const known = NETWORK_MAGIC.get(type >>> 0);
    if (known !== undefined) return known;
    if (type !== FUSE_MAGIC && type !== PLAN9_MAGIC) return undefined;
  }
  const mount = mountOf(directory, mounts());
  return mount !== undefined && isRemote(mount) ? mount.type : undefined;
}

const isRemote = ({ type, options }: Mount): boolean =>
  NETWORK_TYPES.test(type) ||
  (type === '9p' && /\btrans=(tcp|rdma)\b|\baname=drvfs\b/.test(options));

/** One mounted file system, as far as it matters here. */
export interface Mount {
  /** Absolute directory it is mounted on. */
  readonly directory: string;
  /** The kernel's name of its type, such as `fuse.sshfs`. */
  readonly type: string;
  readonly options: string;
}

/** Mounts of Linux, from `/proc/self/mountinfo`. Lines of another form are left out. */
export function parseMountInfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [place, rest] = line.split(' - ', 2);
    const directory = place?.split(' ')[4];
    const [type, , options = ''] = rest?.split(' ') ?? [];
    if (directory && type) mounts.push({ directory: withoutEscapes(directory), type, options });
  }
  return mounts;
}

/** Mounts of macOS, from `mount`: `//u@host/share on /Volumes/share (smbfs, nodev)`. */
export function parseMountCommand(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const found = /^.* on (\/.*) \(([^,)]+),?\s*(.*)\)$/.exec(line);
    if (found?.[1] && found[2]) {
      mounts.push({ directory: found[1], type: found[2], options: found[3] ?? '' });
    }
  }
  return mounts;
}

/** The mount a path lies on. The last of equals counts: it covers those before it. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const prefix = mount.directory.endsWith('/') ? mount.directory : `${mount.directory}/`;
    if (!`${path}/`.startsWith(prefix)) continue;
    if (best === undefined || mount.directory.length >= best.directory.length) best = mount;
  }
  return best;
}

/** The kernel writes blanks and backslashes in mount points as three octal digits. */
const withoutEscapes = (directory: string): string =>
  directory.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
