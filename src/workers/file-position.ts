import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { FileKey, ReadPosition } from '../queue/ports.js';

/** Bytes at the start of what was read, and at its end, that tell a file from another. */
const HEAD_BYTES = 4 * 1024;
const TAIL_BYTES = 64 * 1024;

/** Which file it is, and how long. */
export interface FileNow {
  readonly key: FileKey;
  readonly size: number;
  /** False for compressed bytes and UTF-16, whose lines nobody can count. */
  readonly isPlain: boolean;
  /** False where nobody can go on in the middle: in these, and in an array. */
  readonly canGoOn: boolean;
}

export async function fileNow(file: FileHandle): Promise<FileNow> {
  const { dev, ino, size } = await file.stat({ bigint: true });
  const start = await bytesAt(file, 0, HEAD_BYTES);
  const isPlain = !['1f8b', 'fffe', 'feff'].includes(start.toString('hex', 0, 2));
  const canGoOn = isPlain && !start.toString().trimStart().startsWith('[');
  return { key: { dev: String(dev), ino: String(ino) }, size: Number(size), isPlain, canGoOn };
}

/** Where to read from, for a file that may have grown, been rewritten, or cut off since. */
export async function whereToRead(
  file: FileHandle,
  now: FileNow,
  known: ReadPosition | undefined,
  journalSeq: number,
): Promise<'whole' | 'again' | 'on'> {
  if (known === undefined || now.size < known.offset) return 'whole';
  if ((await digestUpTo(file, known.offset)) !== known.digest) return 'whole';
  const isOlderJournal = journalSeq < known.journalSeq;
  const goesOn = now.canGoOn || now.size === known.offset;
  return isOlderJournal || !goesOn ? 'again' : 'on';
}

/** Of the first and the last bytes before this offset. */
export async function digestUpTo(file: FileHandle, offset: number): Promise<string> {
  const tail = Math.max(0, offset - TAIL_BYTES);
  const hash = createHash('sha256').update(`${offset}\0`);
  hash.update(await bytesAt(file, 0, Math.min(offset, HEAD_BYTES)));
  hash.update(await bytesAt(file, tail, offset - tail));
  return hash.digest('hex');
}

async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
