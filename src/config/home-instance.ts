import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { putInPlace, UNFINISHED } from '../files/durable-file.js';
import { MAX_TEXT_BYTES, readPlainFile } from '../files/plain-file.js';
import type { HomePaths } from './home.js';

type Place = Pick<HomePaths, 'state'>;

const fileOf = ({ state }: Place): string => join(state, 'home-instance');

/**
 * Which copy of a home this is, for its hub: a home that was copied, or restored
 * from a backup, has another one. Undefined until one is kept.
 *
 * The file holds its own inode number, which a copy of it does not have.
 */
export function instanceOf(place: Place): string | undefined {
  const file = fileOf(place);
  try {
    const text = readPlainFile(file, MAX_TEXT_BYTES).toString('latin1');
    const [, instance, inode] = /^([0-9a-f]{16}) (\d+)\n$/.exec(text) ?? [];
    return inode === String(statSync(file).ino) ? instance : undefined;
  } catch {
    return undefined;
  }
}

/** The same, made and kept where there is none. A home that cannot be written has none: its next drain tries again. */
export function keepInstance(place: Place): void {
  if (instanceOf(place) !== undefined) return;
  const file = fileOf(place);
  const temporary = `${file}${UNFINISHED}`;
  try {
    rmSync(temporary, { force: true });
    writeWithInode(temporary, randomBytes(8).toString('hex'));
    putInPlace(temporary, file);
  } catch {
    // A full disk, or another process that does the same at this moment.
  }
}

function writeWithInode(path: string, instance: string): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(descriptor, `${instance} ${fstatSync(descriptor).ino}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
