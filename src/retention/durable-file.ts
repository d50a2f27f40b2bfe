import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { step } from '../storage/steps.js';

/** Files that are being written carry this ending: one that is found later is left from a crash. */
export const UNFINISHED = '.tmp';

const GZIP_LEVEL = 6;

/** Compresses lines into a new file for its owner alone; resolves once it is on disk, under its temporary name. */
export async function writeGzip(
  path: string,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<string> {
  const temporary = `${path}${UNFINISHED}`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await pipeline(lines, createGzip({ level: GZIP_LEVEL }), async (packed) => {
      for await (const chunk of packed) await file.appendFile(chunk as Buffer);
    });
    await file.sync();
  } finally {
    await file.close();
  }
  return temporary;
}

/** Replaces a small file as a whole: readers see the old one or the new one. */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}${UNFINISHED}`;
  rmSync(temporary, { force: true });
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  step('archive.manifest-synced');
  putInPlace(temporary, path);
}

/** Gives a finished file its name; durable once its directory is. */
export function putInPlace(temporary: string, path: string): void {
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

export function syncDirectory(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
