import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

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
