import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

/** A body stopped coming before it was whole. */
export class StalledBodyError extends Error {
  override readonly name = 'StalledBodyError';
}

export interface BodyBounds {
  /** Of the body as sent, and as decoded. */
  readonly maxBytes: number;
  /** How long the rest of the answer may take; without it, as long as the request may. */
  readonly withinMs?: number | undefined;
}

/**
 * Reads and decodes the body of an answer within bounds; the connection is
 * given up as soon as one is crossed. Rejects with BodyTooLargeError,
 * StalledBodyError, BadEncodingError, or what the network said.
 */
export async function readBody(
  stream: Readable,
  encoding: string | undefined,
  { maxBytes, withinMs }: BodyBounds,
): Promise<Buffer> {
  const timer =
    withinMs === undefined
      ? undefined
      : setTimeout(() => stream.destroy(new StalledBodyError('the body stalled')), withinMs);
  try {
    return await decodeBody(await collect(stream, maxBytes), encoding, maxBytes);
  } finally {
    clearTimeout(timer);
  }
}

async function collect(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) throw new BodyTooLargeError('the body is too large');
    chunks.push(chunk as Buffer);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
}

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  'deflate-raw': promisify(inflateRaw),
  br: promisify(brotliDecompress),
};
type Coding = keyof typeof decoders;

/** A body that cannot be decoded within bounds; the message says why. */
export class BadEncodingError extends Error {
  override readonly name = 'BadEncodingError';
}

/** A decoded body would be larger than allowed: a bomb, or a mistake. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/**
 * Decodes a body by its `Content-Encoding`: gzip, deflate, br, or none. Strict
 * where HTTP libraries are lenient: a truncated stream is an error, and the
 * limit is on the decoded bytes. Throws BadEncodingError or BodyTooLargeError.
 */
export async function decodeBody(
  bytes: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (bytes.length > maxBytes) throw new BodyTooLargeError('the body is too large');
  if (name === '' || name === 'identity' || bytes.length === 0) return bytes;
  const coding = codingOf(name, bytes);
  if (coding === undefined) throw new BadEncodingError('its content encoding is not supported');
  return decoders[coding](bytes, { maxOutputLength: maxBytes }).catch((error: unknown) => {
    throw decodingError(error, coding);
  });
}

/** Some servers send deflate without the zlib header that belongs to it. */
function codingOf(name: string, bytes: Buffer): Coding | undefined {
  if (name === 'deflate') return ((bytes[0] ?? 0) & 0x0f) === 8 ? 'deflate' : 'deflate-raw';
  return Object.hasOwn(decoders, name) ? (name as Coding) : undefined;
}

function decodingError(error: unknown, coding: Coding): Error {
  const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
  return tooLarge
    ? new BodyTooLargeError('the decoded body is too large')
    : new BadEncodingError(`its ${coding} body is damaged or cut short`);
}
