import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** One request as the scripted server received it, body decoded. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly eventIds: string[];
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** Writes to the bare socket instead of answering: for what HTTP libraries do not let one say. */
export type RawAnswer = (socket: Socket) => void;
export type Script = (request: SeenRequest) => ScriptedAnswer | RawAnswer;

export interface ScriptedServer {
  readonly url: string;
  readonly seen: SeenRequest[];
  readonly connections: () => number;
  close(): Promise<void>;
}

/** A loopback server that answers by a script and remembers what it was asked. */
export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const server = http.createServer(async (request, response) => {
    const seenRequest = await read(request);
    seen.push(seenRequest);
    const answer = script(seenRequest);
    if (typeof answer === 'function') return answer(request.socket);
    response.writeHead(answer.status, answer.headers ?? { 'content-type': 'application/json' });
    response.end(answer.body ?? '');
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: http.IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body,
    eventIds: idsIn(body),
  };
}

/** Ids of the events in the body of a batch, in its order; none of any other body. */
export function idsIn(body: Buffer): string[] {
  try {
    const { events = [] } = JSON.parse(body.toString()) as { events?: { event_id: string }[] };
    return events.map(({ event_id }) => event_id);
  } catch {
    return [];
  }
}
