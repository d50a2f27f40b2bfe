import { hash } from 'node:crypto';

/**
 * SHA-256 of an event's bytes. By way of a text of 32 characters: such a digest
 * lies in the pool that small buffers share, and one of its own takes a quarter longer to make
 * and has to be freed by itself.
 */
export function digestOf(bytes: Buffer): Buffer {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'binary');
}
