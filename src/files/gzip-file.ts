import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { makeDirectory } from './directory.js';
import { UNFINISHED } from './durable-file.js';

const GZIP_LEVEL = 6;

/** Compresses lines into a new file for its owner alone; resolves once it is on disk, under its temporary name. */
export async function writeGzip(
  path: string,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<string> {
  const temporary = `${path}${UNFINISHED}`;
  makeDirectory(dirname(path));
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
