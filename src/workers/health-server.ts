import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RedrainError } from '../base/error.js';
import { plainMessage } from '../files/trouble.js';

/** The port for health and metrics cannot be listened on. */
export class MetricsPortError extends RedrainError {
  override readonly name = 'MetricsPortError';
  readonly code = 'METRICS_PORT';
}

function portError(port: number, error: NodeJS.ErrnoException): MetricsPortError {
  const why =
    error.code === 'EADDRINUSE'
      ? 'another program listens there: choose another --metrics-port'
      : plainMessage(error);
  return new MetricsPortError(`port ${port} on 127.0.0.1 cannot be used: ${why}`, { cause: error });
}

/** What the three addresses answer with. */
export interface HealthAnswers {
  /** Why work cannot be done, one reason a line; empty when it can. */
  notReady(): Promise<readonly string[]>;
  /** What is to be known of one that is ready, one thing a line. */
  notes?(): Promise<readonly string[]>;
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
}

/** `/healthz`, `/readyz` and `/metrics` for this machine alone: they ask nobody who they are. */
export class HealthServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on 127.0.0.1; port 0 picks a free one. */
  static async start(port: number, answers: HealthAnswers): Promise<HealthServer> {
    const server = createServer((request, response) => {
      answer(request.url ?? '', response, answers).catch((error: Error) =>
        send(response, 500, `${plainMessage(error)}\n`),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(portError(port, error)));
      server.listen(port, '127.0.0.1', resolve);
    });
    return new HealthServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(
  url: string,
  response: ServerResponse,
  answers: HealthAnswers,
): Promise<void> {
  const [path] = url.split('?');
  if (path === '/healthz') send(response, 200, 'ok\n');
  else if (path === '/readyz') {
    const reasons = await answers.notReady();
    const isReady = reasons.length === 0;
    const lines = isReady ? ['ready', ...((await answers.notes?.()) ?? [])] : reasons;
    send(response, isReady ? 200 : 503, `${lines.join('\n')}\n`);
  } else if (path === '/metrics') {
    const { type, text } = await answers.metrics();
    send(response, 200, text, type);
  } else send(response, 404, 'there are /healthz, /readyz and /metrics\n');
}

function send(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}
