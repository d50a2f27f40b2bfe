import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Client, Dispatcher } from 'undici';
import { AnswerBeginning } from './answer-beginning.js';
import type { Network, Opening, Place } from './network.js';

/** An idle connection is dropped before most servers drop it under our next request. */
const IDLE_SOCKET_MS = 4_000;

/**
 * The part of undici that makes requests, loaded with the first one. All of the
 * package would take three times as long to load.
 */
const clientClass = (): typeof Client =>
  createRequire(import.meta.url)('undici/lib/dispatcher/client.js');

/**
 * One connection for one request after the other: made when it is needed, and
 * made again when it was closed. No redirect is followed, no variable of the
 * environment is read, no request is sent twice.
 */
export class Connection {
  readonly #client: Client;
  readonly #network: Network;
  readonly #url: URL;
  #opening: Opening | undefined;
  #socket: Socket | undefined;
  #beginning: AnswerBeginning | undefined;
  /** Whether the socket has carried an answer. */
  #hasServed = false;
  /** What it had received when the request began that is under way; undefined on a fresh one. */
  #bytesBefore: number | undefined;
  /** What the socket said first: undici tells what came last. */
  #trouble: Error | undefined;
  #isDropped = false;

  constructor(url: URL, network: Network) {
    this.#url = url;
    this.#network = network;
    const UndiciClient = clientClass();
    this.#client = new UndiciClient(url.origin, {
      connect: ({ servername }, opened) => this.#open(servername, opened),
      // The deadline of the request is over all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_SOCKET_MS,
      keepAliveMaxTimeout: IDLE_SOCKET_MS,
    });
  }

  /** Why the socket was lost, where it said so. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** Sends one request, when the one before is over. */
  send(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(request, handler);
  }

  /** To be told when a request is about to be written. */
  begun(): void {
    this.#beginning?.expect();
    this.#bytesBefore = this.#hasServed ? this.#socket?.bytesRead : undefined;
  }

  /** To be told when its answer is there. */
  served(): void {
    this.#hasServed = true;
  }

  /**
   * True when a kept connection brought not one byte of an answer before it was
   * cut: the server gave it up while it was idle. Nothing was said about the
   * request, and it deserves a fresh connection.
   */
  get wasStale(): boolean {
    return this.#bytesBefore !== undefined && this.#socket?.bytesRead === this.#bytesBefore;
  }

  /** Calls when all that was written is with the operating system. */
  written(then: () => void): void {
    if (this.#socket?.writableNeedDrain === true) this.#socket.once('drain', then);
    else then();
  }

  /** Ends it, and whatever is under way on it. */
  drop(): void {
    this.#isDropped = true;
    this.#opening?.abandon();
    // It cannot fail, and nothing waits for it.
    this.#client.destroy().catch(() => {});
  }

  #open(servername: string | undefined | null, opened: Opened): void {
    this.#hasServed = false;
    this.#socket = undefined;
    this.#trouble = undefined;
    const url = this.#url;
    const opening = this.#network.open(placeOf(url, servername), this.#network.routeTo(url));
    this.#opening = opening;
    opening.opened.then(
      (socket) => {
        this.#socket = socket;
        this.#beginning = new AnswerBeginning(socket);
        socket.on('error', (error) => {
          this.#trouble ??= error;
        });
        opened(null, socket);
      },
      (error: Error) => opened(error, null),
    );
  }
}

type Opened = (...args: [error: null, socket: Socket] | [error: Error, socket: null]) => void;

function placeOf({ protocol, hostname, port }: URL, servername?: string | null): Place {
  const isSecure = protocol === 'https:';
  return {
    isSecure,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    servername: servername || undefined,
  };
}
