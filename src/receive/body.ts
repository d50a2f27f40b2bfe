import { BodyTooLargeError, decodeBody } from '../base/content-decoding.js';
import type { ReceiverLimits } from './limits.js';
import { badRequest, Refusal, tooLarge } from './refusal.js';

/** Codings that can be undone; another is a 415. */
const CODINGS = new Set(['', 'identity', 'gzip', 'x-gzip', 'deflate', 'br']);

/**
 * The body of a request, decoded. At no time are more than `maxBytes` of it in
 * memory as sent, and `maxBytes` as decoded.
 *
 * @throws Refusal for a body that is too large, too slow, cut short or wrongly encoded.
 */
export async function readBody(request: Request, limits: ReceiverLimits): Promise<Buffer> {
  const coding = (request.headers.get('content-encoding') ?? '').trim().toLowerCase();
  if (!CODINGS.has(coding))
    throw new Refusal(415, 'this content encoding is not supported: use gzip, deflate or br');
  assertAnnounced(request, limits.maxBytes);
  const raw = await collect(request, limits);
  try {
    return await decodeBody(raw, coding, limits.maxBytes);
  } catch (error) {
    if (error instanceof BodyTooLargeError) throw tooLarge(bytesAllowed(limits.maxBytes));
    throw badRequest(`the ${coding} body is damaged or cut short`);
  }
}

/** A client that says how much it will send is refused before it sends any of it. */
function assertAnnounced(request: Request, maxBytes: number): void {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBytes) throw tooLarge(bytesAllowed(maxBytes));
}

async function collect(request: Request, limits: ReceiverLimits): Promise<Buffer> {
  if (request.bodyUsed)
    throw new Error('the body was read before: mount the receiver in front of every body parser');
  const reader = request.body?.getReader();
  if (reader === undefined) return Buffer.alloc(0);
  const { bodyTimeoutMs, maxBytes } = limits;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    discard(reader);
  }, bodyTimeoutMs);
  try {
    const body = await readAll(reader, maxBytes);
    if (isLate) throw new Refusal(408, `the body did not arrive within ${bodyTimeoutMs} ms`);
    return body;
  } catch (error) {
    discard(reader);
    throw error instanceof Refusal ? error : badRequest('the body was cut short');
  } finally {
    clearTimeout(timer);
  }
}

type BodyReader = ReadableStreamDefaultReader<Uint8Array>;

/** Copies what arrives: a client that sends single bytes must not leave an object for each. */
async function readAll(reader: BodyReader, maxBytes: number): Promise<Buffer> {
  let body: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  for (let length = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return body.subarray(0, length);
    const end = length + value.byteLength;
    if (end > maxBytes) throw tooLarge(bytesAllowed(maxBytes));
    if (end > body.length) body = grown(body, Math.max(end, body.length * 2));
    body.set(value, length);
    length = end;
  }
}

const FIRST_BYTES = 16 * 1024;

function grown(body: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafe(size);
  body.copy(larger);
  return larger;
}

/** What is still to come is of no use; a stream that failed cannot be cancelled. */
function discard(reader: BodyReader): void {
  reader.cancel().catch(() => undefined);
}

const bytesAllowed = (maxBytes: number): string => `at most ${maxBytes} bytes are taken`;
