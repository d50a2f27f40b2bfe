import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the three addresses answer with. */
export interface HealthAnswers {
  /** Undefined when work can be done, else why not. */
  notReady(): Promise<string | undefined>;
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
        send(response, 500, `${error.message}\n`),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
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
    const reason = await answers.notReady();
    send(response, reason === undefined ? 200 : 503, `${reason ?? 'ready'}\n`);
  } else if (path === '/metrics') {
    const { type, text } = await answers.metrics();
    send(response, 200, text, type);
  } else send(response, 404, 'there are /healthz, /readyz and /metrics\n');
}

function send(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}
