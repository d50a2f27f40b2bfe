import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from '../base/close-server.js';
import { nodeListener } from '../receive/adapters.js';

/** How long a client may take, and how many there may be. Times in milliseconds. */
export interface ConnectionLimits {
  /** For the head of a request. */
  readonly headersMs: number;
  /** For a request as a whole. */
  readonly requestMs: number;
  /** Of silence on a connection, answers that are not read included. */
  readonly silentMs: number;
  /** Connections beyond these are closed at once. */
  readonly connections: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = Object.freeze({
  headersMs: 10_000,
  requestMs: 60_000,
  silentMs: 90_000,
  connections: 4_096,
});

/** Milliseconds that requests under way have once the server is to close. */
const CLOSE_GRACE_MS = 10_000;

/** The HTTP server of a hub. */
export class HubServer {
  readonly #server: http.Server;

  private constructor(server: http.Server) {
    this.#server = server;
  }

  /** Listens; port 0 picks a free one. @throws what node:net says when it cannot. */
  static async start(
    { port, host }: { readonly port: number; readonly host: string },
    handle: (request: Request) => Promise<Response>,
    limits: ConnectionLimits = CONNECTION_LIMITS,
  ): Promise<HubServer> {
    const options = {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.silentMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    };
    const server = http.createServer(options, nodeListener(handle));
    server.timeout = limits.silentMs;
    server.maxConnections = limits.connections;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, backlog: limits.connections }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new HubServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `http://host:port`, without a slash at the end. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** Takes no new requests; those under way are answered, within `graceMs`. */
  async close(graceMs = CLOSE_GRACE_MS): Promise<void> {
    await closeServer(this.#server, graceMs);
  }
}
