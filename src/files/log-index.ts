import { closeSync, fstatSync, openSync, readSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';

/** Why a database is not used: its disk is too full, or its file is another one now. */
export type Refusal = (file: string, trouble: 'full' | 'replaced', detail: string) => Error;

/**
 * SQLite maps the index of its log (`-shm`) into memory, and makes sure of one
 * block in 4 KiB only. Where blocks are smaller the others are holes: on a full
 * disk the kernel has no block for them and ends the whole process (SIGBUS).
 */
const MAPPED_PAGE = 4096;

/** Where blocks are small less room than this is none. Far more than SQLite maps at once. */
const ROOM_BYTES = 1024 * 1024;

/** True on a file system whose blocks are smaller than what SQLite makes sure of. */
export function hasSmallBlocks(file: string): boolean {
  return statfsSync(dirname(file)).bsize < MAPPED_PAGE;
}

/**
 * Before a database is opened, or written, where blocks are small.
 *
 * @throws what `refusal` makes, when the disk is so full that this could end the process.
 */
export function assertRoomForIndex(file: string, refusal: Refusal): void {
  const { bavail, bsize } = statfsSync(dirname(file));
  if (bsize >= MAPPED_PAGE || bavail * bsize >= ROOM_BYTES) return;
  const left = Math.floor((bavail * bsize) / 1024);
  const detail = `${left} KiB are left, and with blocks of ${bsize} bytes SQLite needs ${ROOM_BYTES / 1024} KiB: make room on it`;
  throw refusal(file, 'full', detail);
}

/** Descriptors of indexes: closing one drops the locks that SQLite has on the file in this process. */
const OPEN_INDEXES = new Map<string, number>();

/**
 * Gives every hole of the index its block, so that no page of it can fail
 * later. Only the holder of the write lock changes what is behind the header,
 * so that writing zeros over zeros is safe while we hold it.
 */
export function allocateIndex(db: BetterSqlite3.Database): void {
  db.transaction(() => fillHoles(`${db.name}-shm`)).immediate();
}

function fillHoles(path: string): void {
  const blockSize = statfsSync(dirname(path)).bsize;
  const index = openOnce(path);
  const { size } = fstatSync(index);
  const block = Buffer.alloc(blockSize);
  const zeros = Buffer.alloc(blockSize);
  // The first block has the header: it is written, and not only under the write lock.
  for (let at = blockSize; at < size; at += blockSize) {
    const length = readSync(index, block, 0, blockSize, at);
    if (block.subarray(0, length).equals(zeros.subarray(0, length)))
      writeSync(index, zeros, 0, length, at);
  }
}

/**
 * After a connection was closed: gives the index of its log back once nobody
 * uses it. The last connection of all deletes it; until then it is kept.
 */
export function releaseIndex(file: string): void {
  const path = `${file}-shm`;
  const known = OPEN_INDEXES.get(path);
  if (known === undefined || isAt(path, known)) return;
  closeSync(known);
  OPEN_INDEXES.delete(path);
}

/** One for each path: when another file is there, no connection of this process uses the one before. */
function openOnce(path: string): number {
  const known = OPEN_INDEXES.get(path);
  if (known !== undefined) {
    if (isAt(path, known)) return known;
    closeSync(known);
  }
  const index = openSync(path, 'r+');
  OPEN_INDEXES.set(path, index);
  return index;
}

function isAt(path: string, descriptor: number): boolean {
  const { dev, ino } = fstatSync(descriptor);
  const now = statSync(path, { throwIfNoEntry: false });
  return now?.dev === dev && now.ino === ino;
}
