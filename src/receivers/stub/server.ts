import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from '../../base/close-server.js';
import { nodeListener } from '../../receive/adapters.js';
import type { HealthOptions } from './documents.js';
import { conductOf, type Misbehaviour } from './misbehaviour.js';
import { type ServedRequest, StubRoutes } from './routes.js';
import { Sink } from './sink.js';
import { type EndpointRules, SinkEndpoint } from './sink-endpoint.js';

const CLOSE_GRACE_MS = 5_000;

export interface StubServerOptions {
  /** 0, or absent, picks a free one. */
  readonly port?: number;
  /** Loopback when absent. */
  readonly host?: string;
  /** The sink's SQLite file, or `:memory:`. */
  readonly db: string;
  /** False skips every fsync of the sink. */
  readonly durable?: boolean;
  readonly misbehave?: Misbehaviour;
  readonly rules?: Pick<EndpointRules, 'retryAfterS' | 'credentials'>;
  readonly health?: HealthOptions;
  /** What the token endpoint says the team is. */
  readonly teamSlug?: string;
  readonly now?: () => number;
  /** Told of each request, once it is known how it is answered. */
  readonly onRequest?: (request: ServedRequest) => void;
}

export interface StubServer {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly sink: Sink;
  /** Lets answers under way finish, drops idle connections, then closes the sink. */
  close(): Promise<void>;
}

/**
 * The stub receiver behind real HTTP (`redrain serve`): events in every format by
 * POST on any path, the token and health endpoints (docs/spec-kitty.md), `GET
 * /stats`. Rejects when the sink cannot be opened or the port is taken.
 */
export async function startServer(options: StubServerOptions): Promise<StubServer> {
  const { host = '127.0.0.1', port = 0, misbehave = {}, now = Date.now } = options;
  const sink = openSink(options);
  const stopping = new AbortController();
  const { rejectTypes } = misbehave;
  const rules = { rejectTypes, ...options.rules, ...options.health?.limits };
  const endpoint = new SinkEndpoint(sink, conductOf(misbehave), rules, now);
  const routes = new StubRoutes(sink, endpoint, {
    latencyMs: misbehave.latencyMs ?? 0,
    health: options.health ?? {},
    teamSlug: options.teamSlug ?? 'stub-team',
    stopping: stopping.signal,
    onRequest: options.onRequest,
  });
  const server = http.createServer(
    nodeListener((request, incoming) => routes.handle(request, incoming)),
  );
  await listening(server, port, host).catch((error: unknown) => {
    sink.close();
    throw error;
  });
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${shownHost}:${address.port}`,
    port: address.port,
    sink,
    close: closeOnce(server, sink, stopping),
  };
}

function openSink({ db, durable }: StubServerOptions): Sink {
  return new Sink({ db, ...(durable !== undefined && { durable }) });
}

function listening(server: http.Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A client that never finishes its request must not hold us up forever. */
function closeOnce(server: http.Server, sink: Sink, stopping: AbortController) {
  let closed: Promise<void> | undefined;
  return () => {
    if (closed === undefined) {
      stopping.abort();
      closed = closeServer(server, CLOSE_GRACE_MS).then(() => sink.close());
    }
    return closed;
  };
}
