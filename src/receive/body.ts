import type { IncomingMessage } from 'node:http';
import { BodyTooLargeError, decodeBody } from '../base/content-decoding.js';
import type { ReceiverLimits } from './limits.js';
import { badRequest, Refusal, tooLarge } from './refusal.js';
import type { Share } from './room.js';

/** Codings that can be undone; another is a 415. */
const CODINGS = new Set(['', 'identity', 'gzip', 'x-gzip', 'deflate', 'br']);

/**
 * The body of a request, decoded. At no time are more than `maxBytes` of it in
 * memory as sent, and `maxBytes` as decoded.
 *
 * @throws Refusal for a body that is too large, too slow, cut short or wrongly encoded.
 */
export async function readBody(
  request: Request,
  limits: ReceiverLimits,
  share: Share,
): Promise<Buffer> {
  const coding = (request.headers.get('content-encoding') ?? '').trim().toLowerCase();
  if (!CODINGS.has(coding))
    throw new Refusal(415, 'this content encoding is not supported: use gzip, deflate or br');
  assertAnnounced(request, limits.maxBytes);
  const raw = await collect(request, limits, share);
  if (coding === '' || coding === 'identity') return raw;
  const decoded = await share.room.decoding(() => decode(raw, coding, limits));
  share.take(decoded.length);
  return decoded;
}

async function decode(raw: Buffer, coding: string, limits: ReceiverLimits): Promise<Buffer> {
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

/** Requests of node:http, whose stream is read itself: as a Web stream it would cost three times as much. */
const nodeRequests = new WeakMap<Request, IncomingMessage>();

/** Has `readBody` read this request from the stream it came by. */
export function readsFrom(request: Request, incoming: IncomingMessage): void {
  nodeRequests.set(request, incoming);
}

async function collect(request: Request, limits: ReceiverLimits, share: Share): Promise<Buffer> {
  const incoming = nodeRequests.get(request);
  const body = new Gathered(limits.maxBytes, share);
  const deadline = new Deadline(limits.bodyTimeoutMs);
  try {
    await (incoming ? readStream(incoming, body, deadline) : readWeb(request, body, deadline));
    return body.bytes;
  } catch (error) {
    if (error instanceof BodyIsGoneError) throw error;
    throw deadline.refusal ?? (error instanceof Refusal ? error : badRequest(CUT_SHORT));
  } finally {
    deadline.end();
  }
}

const CUT_SHORT = 'the body was cut short';

async function readWeb(request: Request, body: Gathered, deadline: Deadline): Promise<void> {
  if (request.bodyUsed) throw new BodyIsGoneError();
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  // A stream that failed cannot be cancelled.
  const discard = (): void => void reader.cancel().catch(() => undefined);
  deadline.onPassed(discard);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (deadline.refusal) throw deadline.refusal;
      if (done) return;
      body.add(value);
    }
  } catch (error) {
    discard();
    throw error;
  }
}

/** What is left unread is for the server to throw away. */
function readStream(incoming: IncomingMessage, body: Gathered, deadline: Deadline): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      incoming.off('data', take).off('end', end).off('error', stop).off('close', cut);
    };
    const end = (): void => {
      leave();
      resolve();
    };
    const stop = (error: unknown): void => {
      leave();
      incoming.pause();
      reject(error);
    };
    const cut = (): void => stop(badRequest(CUT_SHORT));
    const take = (chunk: Buffer): void => {
      try {
        body.add(chunk);
      } catch (error) {
        stop(error);
      }
    };
    incoming.on('data', take).on('end', end).on('error', stop).on('close', cut);
    deadline.onPassed(() => stop(deadline.refusal));
    if (incoming.destroyed) cut();
  });
}

/** Copies what arrives: a client that sends single bytes must not leave an object for each. */
class Gathered {
  readonly #maxBytes: number;
  readonly #share: Share;
  #body: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(maxBytes: number, share: Share) {
    this.#maxBytes = maxBytes;
    this.#share = share;
  }

  get bytes(): Buffer {
    return this.#body.subarray(0, this.#length);
  }

  /** @throws Refusal once it is too much. */
  add(chunk: Uint8Array): void {
    const end = this.#length + chunk.byteLength;
    if (end > this.#maxBytes) throw tooLarge(bytesAllowed(this.#maxBytes));
    if (end > this.#body.length) this.#grow(Math.max(end, FIRST_BYTES, this.#body.length * 2));
    this.#body.set(chunk, this.#length);
    this.#length = end;
  }

  #grow(size: number): void {
    this.#share.take(size - this.#body.length);
    const larger = Buffer.allocUnsafe(size);
    this.#body.copy(larger, 0, 0, this.#length);
    this.#body = larger;
  }
}

const FIRST_BYTES = 16 * 1024;

/** The time by which a body has to be here. */
class Deadline {
  /** Once it has passed. */
  refusal: Refusal | undefined;
  readonly #timer: NodeJS.Timeout;
  #listener = (): void => undefined;

  constructor(ms: number) {
    this.#timer = setTimeout(() => {
      this.refusal = new Refusal(408, `the body did not arrive within ${ms} ms`);
      this.#listener();
    }, ms);
  }

  onPassed(listener: () => void): void {
    this.#listener = listener;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** A mistake of the program around the receiver, not of a sender. */
class BodyIsGoneError extends Error {
  override readonly name = 'BodyIsGoneError';
  override readonly message =
    'the body was read before: put the receiver in front of every body parser';
}

const bytesAllowed = (maxBytes: number): string => `at most ${maxBytes} bytes are taken`;
