import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';

/** Answers a request; `Request` and `Response` are those of the web. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** Milliseconds in which a request has to arrive whole. */
const REQUEST_MS = 30_000;

/** An HTTP server for this machine alone, on 127.0.0.1. */
export class LoopbackServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens; port 0 picks a free one. @throws what node:net says when it cannot. */
  static async start(port: number, fetch: Fetch): Promise<LoopbackServer> {
    const listener = getRequestListener(fetch, {
      overrideGlobalObjects: false,
      hostname: '127.0.0.1',
    });
    const server = createServer({ requestTimeout: REQUEST_MS }, listener);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new LoopbackServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection at once, answers under way too. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
