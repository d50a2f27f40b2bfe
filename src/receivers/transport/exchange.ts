import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { BodyTooLargeError } from '../../base/content-decoding.js';
import type { AnswerHead } from '../answer.js';
import { BodyPieces, StalledBodyError } from './answer-body.js';
import type { Connection } from './connection.js';

/** A request broke before its answer began. */
export class BrokenRequestError extends Error {
  override readonly name = 'BrokenRequestError';
  constructor(
    /** It deserves a fresh connection: the server had given up the one that was kept. */
    readonly wasStale: boolean,
    override readonly cause: Error,
  ) {
    super('the request broke', { cause });
  }
}

/** The beginning of an answer, and the rest of it. */
export interface Incoming {
  readonly head: AnswerHead;
  /** The body, where all of it came with the head. */
  readonly arrived: Buffer | undefined;
  /**
   * The body as it was sent; it may take so long from now on, or as long as the
   * request may. Rejects with BodyTooLargeError, StalledBodyError, or what the network said.
   */
  body(withinMs?: number): Promise<Buffer>;
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** One request on one connection: what undici tells of it becomes an answer, or an error. */
export class Exchange implements Dispatcher.DispatchHandler, Incoming {
  readonly #connection: Connection;
  readonly #onSent: (() => void) | undefined;
  readonly #onEnd: () => void;
  readonly #pieces: BodyPieces;
  #head: AnswerHead | undefined;
  #answering: Waiting<Incoming> | undefined;
  #reading: Waiting<Buffer> | undefined;
  #isWhole = false;
  #failure: Error | undefined;

  constructor(
    connection: Connection,
    maxBytes: number,
    told: { onSent: (() => void) | undefined; onEnd(): void },
  ) {
    this.#connection = connection;
    this.#pieces = new BodyPieces(maxBytes);
    this.#onSent = told.onSent;
    this.#onEnd = told.onEnd;
  }

  get head(): AnswerHead {
    if (this.#head === undefined) throw new Error('no answer has begun');
    return this.#head;
  }

  get arrived(): Buffer | undefined {
    return this.#isWhole ? this.#pieces.joined() : undefined;
  }

  /** Resolves when the answer begins. Rejects with a BrokenRequestError. */
  begin(request: Dispatcher.DispatchOptions): Promise<Incoming> {
    if (this.#failure !== undefined)
      return Promise.reject(new BrokenRequestError(false, this.#failure));
    return new Promise((resolve, reject) => {
      this.#answering = { resolve, reject };
      try {
        this.#connection.send(request, this);
      } catch (error) {
        this.fail(error as Error);
      }
    });
  }

  body(withinMs?: number): Promise<Buffer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { arrived } = this;
    if (arrived !== undefined) return Promise.resolve(arrived);
    return new Promise((resolve, reject) => {
      const stalled = () => this.fail(new StalledBodyError('the body stalled'));
      const timer = withinMs === undefined ? undefined : setTimeout(stalled, withinMs);
      this.#reading = {
        resolve: (bytes) => resolve(clearing(timer, bytes)),
        reject: (error) => reject(clearing(timer, error)),
      };
    });
  }

  /** Gives the connection up; the request ends with this error. */
  fail(error: Error): void {
    // The connection may carry another request by now.
    if (this.#failure !== undefined || this.#isWhole) return;
    this.#connection.drop();
    this.#end(error);
  }

  onRequestStart(): void {
    if (this.#failure !== undefined) return;
    this.#connection.begun();
    const onSent = this.#onSent;
    // It is written when this has returned.
    if (onSent !== undefined) process.nextTick(() => this.#connection.written(onSent));
  }

  onResponseStart(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    // 101: no answer comes any more.
    if (status < 200) return;
    this.#head = { status, headers: plain(headers) };
    this.#answering?.resolve(this);
  }

  onResponseData(_: unknown, piece: Buffer): void {
    if (!this.#pieces.add(piece)) this.fail(new BodyTooLargeError('the body is too large'));
  }

  onResponseEnd(): void {
    if (this.#failure !== undefined) return;
    this.#isWhole = true;
    this.#connection.served();
    this.#onEnd();
    this.#reading?.resolve(this.#pieces.joined());
  }

  onResponseError(_: unknown, error: Error): void {
    const cause = codeOf(error) === 'UND_ERR_SOCKET' ? this.#connection.trouble : undefined;
    this.fail(asOfNode(cause ?? error, this.#head !== undefined));
  }

  #end(error: Error): void {
    this.#failure = error;
    this.#onEnd();
    const isStale = CUT.has(String(codeOf(error))) && this.#connection.wasStale;
    this.#answering?.reject(new BrokenRequestError(isStale, error));
    this.#reading?.reject(error);
  }
}

function clearing<T>(timer: NodeJS.Timeout | undefined, value: T): T {
  clearTimeout(timer);
  return value;
}

/** Status and headers of an answer; a header that came several times is joined with commas. */
function plain(headers: IncomingHttpHeaders): Record<string, string> {
  const joined: Record<string, string> = Object.create(null);
  for (const name of Object.keys(headers)) joined[name] = String(headers[name]);
  return joined;
}

const CUT: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Ways in which a connection ends in the middle of an answer, by undici's codes. */
const CUT_SHORT: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_EOF_STATE',
]);

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined);

/** Errors of undici in the codes of Node, whose words are written down (failure-reason.ts). */
function asOfNode(error: Error, hasBegun: boolean): Error {
  const code = codeOf(error);
  if (hasBegun && CUT_SHORT.has(String(code))) return withCode('aborted', 'ECONNRESET');
  if (code === 'UND_ERR_SOCKET') return withCode('the connection was closed', 'ECONNRESET');
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return withCode('headers', 'HPE_HEADER_OVERFLOW');
  if (code === 'UND_ERR_INVALID_ARG') return withCode('headers', 'ERR_INVALID_CHAR');
  if (error.name === 'HTTPParserError' && 'data' in error)
    return Object.assign(withCode('no HTTP', 'HPE_INVALID_CONSTANT'), {
      rawPacket: Buffer.from(String(error.data)),
    });
  return error;
}

const withCode = (message: string, code: string): Error =>
  Object.assign(new Error(message), { code });
