import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { grouped } from '../../base/grouped.js';
import type { HomePaths } from '../../config/home.js';
import { assertLocalFilesystem, NetworkHomeError } from '../../files/local-filesystem.js';
import { type Finding, problem, warning } from '../../reports/finding.js';
import type { App } from '../app.js';
import { type Check, fine } from './check.js';

/** What is wrong, or that nothing is. */
type Line = Finding | Check;

const MIB = 1024 * 1024;
/** Less than this and the next group of events may find the disk full. */
const TOO_LITTLE_BYTES = 64 * MIB;
/** Captures may still fit into more than this, and are not said to have stopped. */
const NO_ROOM_BYTES = MIB;
const SOON_TOO_LITTLE_BYTES = 512 * MIB;

/** The home itself: where it lies, who may read it, how much room there is. */
export function examineHome({ paths }: App): Line[] {
  return [...place(paths), ...modes(paths), diskSpace(paths)];
}

function place(paths: HomePaths): Line[] {
  const findings: Line[] = [];
  try {
    assertLocalFilesystem(paths.home);
  } catch (error) {
    if (!(error instanceof NetworkHomeError)) throw error;
    findings.push(
      warning('home', error.message, { advice: 'use a home on a local disk: --home DIR' }),
    );
  }
  const there = nearestExisting(paths.home);
  if (there !== paths.home)
    return [
      ...findings,
      isWritable(there)
        ? fine('home', `${paths.home} does not exist yet: the first capture makes it`)
        : problem('home', `${paths.home} cannot be made: ${there} is in the way`, {
            advice: 'move it away, or use another home: --home DIR',
          }),
    ];
  if (!isWritable(paths.home))
    return [
      ...findings,
      problem('home', `${paths.home} cannot be written by this user`, {
        advice: 'give this user the right to write there, or use another home: --home DIR',
      }),
    ];
  return [...findings, fine('home', paths.home)];
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Events and tokens are their owner's alone. */
function modes(paths: HomePaths): Line[] {
  if (process.platform === 'win32') return [];
  const own = [paths.state, paths.spoolDir, paths.archiveDir, paths.locksDir];
  const directories = own.filter((path) => path !== paths.home);
  const databases = [paths.journalDb, paths.jobsDb].flatMap((file) => [file, `${file}-wal`]);
  const files = [...databases, paths.ownCredentials, paths.credentials];
  const open = [
    ...homeMode(paths.home),
    ...[paths.config].filter(isWritableByOthers).map(editable),
    ...directories.filter(isOpen).map((path) => opened(path, '700')),
    ...files.filter(isOpen).map((path) => opened(path, '600')),
  ];
  return open.length > 0 ? open : [fine('file_modes', 'only this user can read the home')];
}

/** Somebody may have made the home for all to list, as its files are private; nobody else may change it. */
function homeMode(home: string): Line[] {
  if (isSharedVolume(home)) return [sharedVolume(home)];
  if (isWritableByOthers(home)) return [editable(home)];
  if (!isOpen(home)) return [];
  const message = `${home} can be listed by other users of this machine`;
  return [warning('file_modes', message, `chmod 700 ${home}`)];
}

/**
 * A volume as containers get it: it belongs to somebody else, and is shared
 * with a group that was made for this (`fsGroup`). Its mode is not ours to change.
 */
function isSharedVolume(home: string): boolean {
  if (!existsSync(home)) return false;
  const { uid, mode } = statSync(home);
  return uid !== process.getuid?.() && (mode & 0o2022) === 0o2020;
}

const sharedVolume = (home: string): Line =>
  warning(
    'file_modes',
    `${home} belongs to another user, and every member of its group can change it`,
    `ls -ld ${home}`,
  );

function isWritableByOthers(path: string): boolean {
  return (modeOf(path) & 0o022) !== 0;
}

/** Anyone who can write here decides where events and tokens go. */
const editable = (path: string): Line =>
  problem('file_modes', `${path} can be changed by other users`, `chmod go-w ${path}`);

function isOpen(path: string): boolean {
  return (modeOf(path) & 0o077) !== 0;
}

/** 0 for what is not there; a file where a directory is wanted hides everything below it. */
function modeOf(path: string): number {
  return existsSync(path) ? statSync(path).mode & 0o777 : 0;
}

const opened = (path: string, mode: string): Line =>
  problem('file_modes', `${path} is open to other users of this machine`, `chmod ${mode} ${path}`);

const MAKE_ROOM = 'make room on this disk; `redrain gc` says what could go';

function diskSpace({ home }: HomePaths): Line {
  const { bavail, bsize } = statfsSync(nearestExisting(home));
  const free = bavail * bsize;
  const message = `${grouped(Math.floor(free / MIB))} MiB free`;
  if (free < TOO_LITTLE_BYTES)
    return problem(
      'disk_space',
      message,
      { advice: MAKE_ROOM },
      { stops: free < NO_ROOM_BYTES ? ['capture'] : [] },
    );
  if (free < SOON_TOO_LITTLE_BYTES) return warning('disk_space', message, { advice: MAKE_ROOM });
  return fine('disk_space', message);
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
