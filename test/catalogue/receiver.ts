import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { selfSigned } from '../receivers/self-signed.js';
import { connectProxy } from '../receivers/transport/connect-proxy.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** What a person would configure for a receiver. */
export interface Settings {
  readonly format: 'batch' | 'webhook' | 'cloudevents' | 'lines' | 'json';
  /** Of `json`, and of `json` and `lines`: what stands around all events, and each. */
  readonly body?: string;
  readonly item?: string;
  /** Of `cloudevents`. */
  readonly mode?: 'structured' | 'binary' | 'batch';
  readonly ack?: 'auto' | 'results' | 'status';
  readonly compression?: 'auto' | 'gzip' | 'none';
  /** Signs with `SECRET`. */
  readonly signed?: boolean;
}

/** What becomes of an event in one `redrain now`. */
export type State = 'delivered' | 'pending' | 'rejected' | 'transient' | 'terminal';

/** What `targets test` has to name; left out where it has to find nothing wrong. */
export type Finding =
  | 'no_route'
  | 'unauthorized'
  | 'refused'
  | 'gone'
  | 'unavailable'
  | 'busy'
  | 'redirect'
  | 'login_page'
  | 'compression'
  | 'size_limit'
  | 'no_results'
  | 'partial_failure'
  | 'ids_changed'
  | 'no_deduplication'
  | 'no_answer'
  | 'clock';

/** One receiver of the catalogue: what it does, and what has to come of it. */
export interface CatalogueReceiver {
  readonly name: string;
  /** For people: what is special about it. */
  readonly does: string;
  readonly settings: Settings;
  /** One state for all events, or one for each of three. */
  readonly verdict: State | readonly [State, State, State];
  readonly finding?: Finding;
  /** Members of each event beside `event_id` and `event_type`. */
  readonly members?: (index: number) => object;
  /** How many events are sent; 3 when left out. */
  readonly events?: number;
  /** Reached by a name that is not this machine's, through a proxy. */
  readonly distant?: true;
  readonly receive: (request: Incoming, stored: Stored) => Reply;
}

/** A request as a handler gets it. */
export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as sent. */
  readonly raw: Buffer;
  /** The body decoded. @throws when it cannot be. */
  text(): string;
}

export type Reply = Answer | 'reset' | 'silence';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text, or a document that is sent as JSON. */
  readonly body?: string | object;
  readonly afterMs?: number;
}

/** The ids that a receiver has taken, each as often as it was taken. */
export class Stored {
  readonly ids: string[] = [];
  readonly #known = new Set<string>();

  /** False when it was there already: nothing is added then. */
  addOnce(id: string): boolean {
    if (this.#known.has(id)) return false;
    this.add(id);
    return true;
  }

  add(id: string): void {
    this.#known.add(id);
    this.ids.push(id);
  }
}

export interface RunningReceiver {
  readonly url: string;
  readonly stored: Stored;
  /** Every request, in order. */
  readonly requests: readonly Incoming[];
}

/** Serves one receiver of the catalogue on a free port of loopback, until the test ends. */
export async function startReceiverOf(
  receiver: Pick<CatalogueReceiver, 'receive'>,
): Promise<RunningReceiver> {
  const { listener, ...seen } = listening(receiver);
  const port = await onLoopback(http.createServer(listener));
  return { url: `http://127.0.0.1:${port}/in`, ...seen };
}

/** A receiver that is not on this machine as far as its address tells. */
export interface DistantReceiver extends RunningReceiver {
  /** Variables that name the proxy, which knows the way. */
  readonly env: Readonly<Record<string, string>>;
  /** PEM of the certificate it has, to be trusted. */
  readonly ca: string;
}

/** The same by https, under a name that only a proxy can resolve. */
export async function startDistantReceiverOf(
  receiver: Pick<CatalogueReceiver, 'receive'>,
): Promise<DistantReceiver> {
  const { listener, ...seen } = listening(receiver);
  const { key, cert } = selfSigned({ host: 'receiver.test' });
  const port = await onLoopback(https.createServer({ key, cert }, listener));
  const proxy = await connectProxy({ port });
  const env = { HTTPS_PROXY: `http://${proxy.host}` };
  return { url: 'https://receiver.test/in', env, ca: cert, ...seen };
}

function listening({ receive }: Pick<CatalogueReceiver, 'receive'>) {
  const stored = new Stored();
  const requests: Incoming[] = [];
  const listener = async (request: http.IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    request.on('error', () => undefined);
    for await (const part of request) parts.push(part as Buffer);
    const incoming = incomingOf(request, Buffer.concat(parts));
    requests.push(incoming);
    await send(
      response,
      answered(() => receive(incoming, stored)),
    );
  };
  return { listener, stored, requests };
}

/** The free port of loopback that it listens on until the test ends. */
export async function onLoopback(server: http.Server | https.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeAfterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A handler that throws is a server error, as in every framework. */
function answered(receive: () => Reply): Reply {
  try {
    return receive();
  } catch (error) {
    return { status: 500, body: { error: (error as Error).message } };
  }
}

function incomingOf(request: http.IncomingMessage, raw: Buffer): Incoming {
  const { method = '', url = '/', headers } = request;
  const text = () => (headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
  return { method, path: url, headers, raw, text };
}

async function send(response: ServerResponse, reply: Reply): Promise<void> {
  if (reply === 'silence') return;
  if (reply === 'reset') return void response.socket?.resetAndDestroy();
  const { status, headers = {}, body, afterMs } = reply;
  if (afterMs !== undefined) await delay(afterMs);
  const isText = typeof body === 'string' || body === undefined;
  const type = isText ? 'text/plain' : 'application/json';
  response.writeHead(status, { ...(body !== undefined && { 'content-type': type }), ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
