import type { Readable } from 'node:stream';
import { BodyTooLargeError, decodeBody } from '../../base/content-decoding.js';

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
