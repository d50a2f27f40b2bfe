import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  statfsSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';

/** A small file system of the test's own. */
export interface Mounted {
  /** A directory on it for a home. */
  readonly home: string;
  readonly directory: string;
  /** Leaves so many KiB free, whatever was there before. */
  leaveFree(kib: number): void;
  /** While nobody has a file open for writing: the system refuses it then. */
  remount(how: 'ro' | 'rw'): void;
  /** What ext4 does by itself after an error of the disk: read-only under whoever writes. */
  failToReadOnly(): void;
  /** What a power cut does: nothing that is not on the disk gets there any more. */
  cutPower(): void;
  /** As the machine finds the file system when it is on again; nobody may use it. */
  mountAgain(): void;
}

/** Flag of EXT4_IOC_SHUTDOWN: not even the log of the file system is written out. */
const SHUTDOWN = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))
`;

/** Runs a tool of the system; throws when it fails. */
export function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'pipe' });
}

export function mountExt4(blockSize: 1024 | 4096, megabytes = 24): Mounted {
  const { root, directory } = places();
  const image = join(root, 'image');
  run('truncate', '-s', `${megabytes}M`, image);
  run('mkfs.ext4', '-q', '-F', '-m', '0', '-b', String(blockSize), image);
  const mount = (): void => run('mount', '-o', 'loop,errors=remount-ro', image, directory);
  mount();
  return mounted(directory, mount);
}

export function mountTmpfs(megabytes = 24): Mounted {
  const { directory } = places();
  const mount = (): void =>
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory);
  mount();
  return mounted(directory, mount);
}

function places(): { root: string; directory: string } {
  const root = temporaryHome('redrain-mount-');
  const directory = join(root, 'mounted');
  mkdirSync(directory);
  // For a server that runs as another user.
  chmodSync(root, 0o711);
  closeAfterTest(() => spawnSync('umount', ['-l', directory]));
  return { root, directory };
}

function mounted(directory: string, mount: () => void): Mounted {
  const fill = join(directory, 'fill');
  return {
    directory,
    home: join(directory, 'home'),
    leaveFree: (kib) => leaveFree(fill, directory, kib * 1024),
    remount: (how) => run('mount', '-o', `remount,${how}`, directory),
    failToReadOnly: () => run('mount', '-o', 'remount,abort', directory),
    cutPower: () => run('python3', '-c', SHUTDOWN, directory),
    mountAgain: () => {
      run('umount', directory);
      mount();
    },
  };
}

/** Fills the disk to its last block, then gives so much back. */
function leaveFree(fill: string, directory: string, bytes: number): void {
  const descriptor = openSync(fill, 'a');
  for (const size of [1 << 20, 1 << 16, 1 << 12, 1 << 10]) appendUntilFull(descriptor, size);
  closeSync(descriptor);
  run('sync', '-f', directory);
  const { size } = statSync(fill);
  truncateSync(fill, Math.max(0, size - bytes));
  run('sync', '-f', directory);
}

function appendUntilFull(descriptor: number, size: number): void {
  const block = Buffer.alloc(size, 0x5a);
  try {
    for (;;) writeSync(descriptor, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

export function freeKib(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return (bavail * bsize) / 1024;
}

/** Why this machine lets nobody mount anything; undefined where it does. */
export function whyNoMounts(): string | undefined {
  if (process.platform !== 'linux') return `no loop devices on ${process.platform}`;
  if (process.getuid?.() !== 0) return 'only root can mount';
  for (const tool of ['mkfs.ext4', 'mount', 'umount', 'python3'])
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `${tool} is not there`;
  return tryMount();
}

function tryMount(): string | undefined {
  const probe = `
    d=$(mktemp -d) && truncate -s 2M $d/image && mkfs.ext4 -q -F $d/image && mkdir $d/m &&
    mount -o loop $d/image $d/m && umount $d/m; code=$?; rm -rf $d; exit $code`;
  const { status, stderr } = spawnSync('sh', ['-c', probe], { encoding: 'utf8' });
  return status === 0 ? undefined : `no loop device can be mounted (${stderr.trim()})`;
}

/** For a `before` hook: skips every test of the block, and says so where it is read. */
export function needMounts(this: Mocha.Context): void {
  const why = whyNoMounts();
  if (why === undefined) return;
  process.stderr.write(`\nSKIPPED: the tests on real file systems do not run here: ${why}\n`);
  this.skip();
}
