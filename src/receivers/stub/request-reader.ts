import type { IncomingMessage } from 'node:http';
import { BodyTooLargeError, decodeBody } from '../../base/content-decoding.js';

/** Of a request as sent, and as decoded. */
const MAX_RAW_BYTES = 64 * 1024 * 1024;
const MAX_DECODED_BYTES = 65 * 1024 * 1024;
/** Lists and objects in one body: each takes many times its bytes once it is parsed. */
const MAX_BRACKETS = 1_000_000;

/** A request body that is refused before anything reads it. */
export interface UnreadableBody {
  readonly status: 400 | 413;
  readonly error: string;
}

/**
 * Reads and decodes a request body within bounds. What is wrong with it comes
 * back as the answer to give; rejects only when the client goes away.
 */
export async function readRequest(request: IncomingMessage): Promise<Buffer | UnreadableBody> {
  const raw = await collect(request);
  if (raw === undefined) return { status: 413, error: 'the request is too large' };
  try {
    const body = await decodeBody(raw, request.headers['content-encoding'], MAX_DECODED_BYTES);
    if (!hasManyBrackets(body)) return body;
    return { status: 413, error: 'the request has too many lists and objects' };
  } catch (error) {
    if (error instanceof BodyTooLargeError)
      return { status: 413, error: 'the decoded request is too large' };
    return { status: 400, error: 'the request body cannot be decoded' };
  }
}

/** Undefined once there is too much; what follows is left unread. */
async function collect(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > MAX_RAW_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length);
}

/** Stops counting at the limit, so that a body made of them costs nothing. */
function hasManyBrackets(body: Buffer): boolean {
  let count = 0;
  for (const byte of body) {
    if (byte !== 0x5b && byte !== 0x7b) continue;
    count += 1;
    if (count > MAX_BRACKETS) return true;
  }
  return false;
}
