import { Hono } from 'hono';
import { RedrainError } from '../base/error.js';
import { LoopbackServer } from '../base/loopback-server.js';
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
  readonly #server: LoopbackServer;

  private constructor(server: LoopbackServer) {
    this.#server = server;
  }

  /** Listens on 127.0.0.1; port 0 picks a free one. @throws MetricsPortError */
  static async start(port: number, answers: HealthAnswers): Promise<HealthServer> {
    const { fetch } = routes(answers);
    const server = await LoopbackServer.start(port, (request) => fetch(request)).catch((error) => {
      throw portError(port, error);
    });
    return new HealthServer(server);
  }

  get port(): number {
    return this.#server.port;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

function routes(answers: HealthAnswers): Hono {
  const app = new Hono();
  app.all('/healthz', (at) => at.body('ok\n', 200, TEXT));
  app.all('/readyz', async (at) => {
    const reasons = await answers.notReady();
    const isReady = reasons.length === 0;
    const lines = isReady ? ['ready', ...((await answers.notes?.()) ?? [])] : reasons;
    return at.body(`${lines.join('\n')}\n`, isReady ? 200 : 503, TEXT);
  });
  app.all('/metrics', async (at) => {
    const { type, text } = await answers.metrics();
    return at.body(text, 200, { 'content-type': type });
  });
  app.notFound((at) => at.body('there are /healthz, /readyz and /metrics\n', 404, TEXT));
  app.onError((error, at) => at.body(`${plainMessage(error)}\n`, 500, TEXT));
  return app;
}

const TEXT = { 'content-type': 'text/plain' };
