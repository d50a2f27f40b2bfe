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
export function readBody(
  stream: Readable,
  encoding: string | undefined,
  { maxBytes, withinMs }: BodyBounds,
): Promise<Buffer> {
  const whole = collect(stream, maxBytes);
  if (withinMs !== undefined) {
    const timer = setTimeout(
      () => stream.destroy(new StalledBodyError('the body stalled')),
      withinMs,
    );
    stream.once('close', () => clearTimeout(timer));
  }
  if (encoding === undefined) return whole;
  return whole.then((bytes) => decodeBody(bytes, encoding, maxBytes));
}

/** By events: an iterator of a stream costs as much as the rest of a small answer. */
function collect(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) stream.destroy(new BodyTooLargeError('the body is too large'));
      else chunks.push(chunk);
    });
    stream.on('end', () => resolve(joined(chunks)));
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('aborted')));
  });
}

const NOTHING = Buffer.alloc(0);

function joined(chunks: readonly Buffer[]): Buffer {
  if (chunks.length > 1) return Buffer.concat(chunks);
  return chunks[0] ?? NOTHING;
}
