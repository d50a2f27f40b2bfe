import {
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { step } from '../../base/steps.js';
import { syncDirectory } from '../../files/directory.js';
import { errorCode } from '../../files/storage-errors.js';
import { SIDECARS } from './fingerprint.js';
import { isWriteLocked } from './other-writers.js';

/** Those that hold data; a `-shm` is rebuilt from the `-wal`. */
const DATA_SIDECARS = ['-journal', '-wal'] as const;

/** The first name beside the file that nothing has yet: `X.migrated`, `X.2.migrated`, … */
export function freeName(file: string): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? `${file}.migrated` : `${file}.${n}.migrated`;
    if (!existsSync(name)) return name;
  }
}

/**
 * Renames a database with its sidecars so that a kill at any step leaves a
 * whole one: the sidecars get their new names first, in addition to the old
 * ones; then the file moves; then the old names go. False, with everything as
 * it was, when another program writes to it at this moment.
 */
export function renameAway(file: string, to: string): boolean {
  if (isWriteLocked(file)) return false;
  const before = contents(file);
  for (const suffix of DATA_SIDECARS) addName(file + suffix, to + suffix);
  step('migrate.sidecars-named');
  renameSync(file, to);
  syncDirectory(dirname(file));
  step('migrate.renamed');
  if (contents(to) !== before || isWriteLocked(to)) {
    takeBack(file, to);
    return false;
  }
  dropSidecars(file);
  step('migrate.sidecars-dropped');
  return true;
}

/** Removes the old names of sidecars whose database was renamed by a run that was killed. */
export function finishRenames(directory: string): void {
  if (!existsSync(directory)) return;
  const names = new Set(readdirSync(directory));
  for (const name of names) {
    const base = /^((?:queue|queue-[0-9a-f]+)\.db)-(?:journal|wal|shm)$/.exec(name)?.[1];
    if (base === undefined || names.has(base)) continue;
    const wasRenamed = [...names].some((one) => one.startsWith(base) && one.endsWith('.migrated'));
    if (wasRenamed) dropSidecars(join(directory, base));
  }
}

/** A later change of the file shows in size or time; the rename itself in neither. */
function contents(file: string): string {
  const { ino, size, mtimeNs } = statSync(file, { bigint: true });
  return `${ino}.${size}.${mtimeNs}`;
}

function takeBack(file: string, to: string): void {
  if (existsSync(file)) return;
  renameSync(to, file);
  for (const suffix of DATA_SIDECARS) rmSync(to + suffix, { force: true });
  syncDirectory(dirname(file));
}

function addName(from: string, to: string): void {
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    copyFileSync(from, to);
  }
}

function dropSidecars(file: string): void {
  for (const suffix of SIDECARS) rmSync(file + suffix, { force: true });
  syncDirectory(dirname(file));
}
