import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { observeSteps } from '../../src/base/steps.js';
import { closeAfterTest } from './temporary-home.js';

/** Another program that is writing to a database; it goes on until it is released. */
export interface OtherWriter {
  release(): void;
}

/** Holds the write lock of a database from a connection of its own. */
export function holdWriteLock(file: string): OtherWriter {
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  closeAfterTest(() => other.close());
  return {
    release: () => {
      if (other.open && other.inTransaction) other.exec('ROLLBACK');
    },
  };
}

/**
 * Says in the header of a closed database that only a later SQLite may write
 * it, which makes this one refuse with SQLITE_READONLY, also for root; true
 * takes it back.
 */
export function setWritable(file: string, writable: boolean): void {
  const WRITE_VERSION_AT = 18;
  overwrite(file, WRITE_VERSION_AT, Buffer.from([writable ? 2 : 3]));
}

/** Replaces the root page of one table of a closed database with rubbish. */
export function corruptTable(file: string, table: string): void {
  const db = new Database(file);
  // Whatever is still in the log would hide the damage.
  db.pragma('wal_checkpoint(TRUNCATE)');
  const { rootpage } = db
    .prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .get(table) as { rootpage: number };
  const pageSize = db.pragma('page_size', { simple: true }) as number;
  db.close();
  overwrite(file, (rootpage - 1) * pageSize, Buffer.alloc(pageSize, 0x5a));
}

/** Replaces the header of a closed database: no program takes it for one any more. */
export function corruptHeader(file: string): void {
  overwrite(file, 0, Buffer.alloc(100, 0x5a));
}

/** Raises the schema number of a closed database, as a newer redrain would. */
export function markAsNewer(file: string, version: number): void {
  const db = new Database(file);
  db.pragma(`user_version = ${version}`);
  db.close();
}

/** The first bytes of a closed file. */
export function readBytes(file: string, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const fd = openSync(file, 'r');
  readSync(fd, bytes, 0, count, 0);
  closeSync(fd);
  return bytes;
}

/**
 * Changes bytes in place. Only for files nobody in this process has open: closing
 * this descriptor would let go of the locks of every other one on the file.
 */
export function overwrite(file: string, at: number, bytes: Buffer): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

/** Puts a file where a directory is wanted. The way back is to remove it. */
export function putFileInPlaceOf(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(dirname(directory), { recursive: true });
  writeFileSync(directory, 'in the way');
}

/** Fails with a system error each time the process comes by a named step. */
export function failAt(stepName: string, code: string): void {
  observeSteps((name) => {
    if (name === stepName) throw Object.assign(new Error(`${code}: at ${stepName}`), { code });
  });
}

/** The named steps the process comes by from now on. */
export function recordSteps(): string[] {
  const seen: string[] = [];
  observeSteps((name) => {
    seen.push(name);
  });
  return seen;
}
