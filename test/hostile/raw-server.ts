import net from 'node:net';
import tls from 'node:tls';
import { gunzipSync } from 'node:zlib';
import type { SelfSigned } from '../receivers/self-signed.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** One request as it came over the socket. */
export interface RawRequest {
  readonly path: string;
  /** Request line and headers. */
  readonly head: string;
  readonly body: Buffer;
  /** Ids of the events in it. */
  readonly eventIds: readonly string[];
}

/** What is written back as it is, or what writes it. */
export type RawAnswer = string | Buffer | ((socket: net.Socket) => void);

export interface RawServer {
  readonly url: string;
  readonly requests: RawRequest[];
  readonly sockets: net.Socket[];
}

/** A server that says whatever a test wants, HTTP or not; over TLS when it is given a certificate. */
export async function rawServer(
  answer: (request: RawRequest) => RawAnswer,
  certificate?: SelfSigned,
): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const sockets: net.Socket[] = [];
  const serve = (socket: net.Socket): void => {
    sockets.push(socket);
    let waiting = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (let read = requestIn(waiting); read !== undefined; read = requestIn(waiting)) {
        waiting = waiting.subarray(read.end);
        requests.push(read.request);
        const said = answer(read.request);
        if (typeof said === 'function') said(socket);
        else socket.write(said);
      }
    });
  };
  const server =
    certificate === undefined ? net.createServer(serve) : tls.createServer(certificate, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAfterTest(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as net.AddressInfo;
  const scheme = certificate === undefined ? 'http' : 'https';
  return { url: `${scheme}://127.0.0.1:${port}`, requests, sockets };
}

function requestIn(bytes: Buffer): { request: RawRequest; end: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const end = headEnd + 4 + length;
  if (bytes.length < end) return undefined;
  const raw = bytes.subarray(headEnd + 4, end);
  const body = /^content-encoding: *gzip/im.test(head) ? gunzipSync(raw) : Buffer.from(raw);
  const path = head.split(' ')[1] ?? '';
  return { request: { path, head, body, eventIds: idsIn(body) }, end };
}

function idsIn(body: Buffer): string[] {
  if (body.length === 0) return [];
  const { events = [] } = JSON.parse(body.toString()) as { events?: { event_id: string }[] };
  return events.map(({ event_id }) => event_id);
}

/** A whole answer with the length it has. */
export function http(
  status: string,
  body: string | Buffer,
  headers: readonly string[] = [],
): Buffer {
  const head = [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from(body)]);
}

/** The results that call every one of these events by this status. */
export function saying(status: string, eventIds: readonly string[]): string {
  return JSON.stringify({ results: eventIds.map((event_id) => ({ event_id, status })) });
}

/** Writes for as long as anybody listens, without keeping more than the socket wants. */
export const pour =
  (head: string, chunk: string | Buffer): RawAnswer =>
  (socket) => {
    socket.write(head);
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  };

/** A few bytes at a time, and never the last. */
export const drip =
  (head: string, chunk: string): RawAnswer =>
  (socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(chunk), 5);
    socket.on('close', () => clearInterval(timer));
  };
