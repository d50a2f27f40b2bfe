import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { plainMessage } from '../../files/trouble.js';
import type { CompleteAnswer } from '../answer.js';
import { type BatchEndpoint, type EndpointAnswer, jsonAnswer } from './batch-endpoint.js';
import { type HealthOptions, healthDocument, issueTokens } from './documents.js';
import { readRequest } from './request-reader.js';
import type { Sink } from './sink.js';
import { SinkUnavailableError } from './sink-connection.js';

const TOKEN_PATHS = new Set(['/api/v1/token', '/api/v1/token/refresh']);
const HEALTH_PATH = '/api/v1/sync/health';

export interface RouteOptions {
  readonly latencyMs: number;
  readonly health: HealthOptions;
  readonly teamSlug: string;
  /** Ends waits and asks clients not to come back on the same connection. */
  readonly stopping: AbortSignal;
}

/** One HTTP request in, one answer out, for every path the stub has. */
export class StubRoutes {
  readonly #sink: Sink;
  readonly #endpoint: BatchEndpoint;
  readonly #options: RouteOptions;

  constructor(sink: Sink, endpoint: BatchEndpoint, options: RouteOptions) {
    this.#sink = sink;
    this.#endpoint = endpoint;
    this.#options = options;
  }

  /** Never throws: what goes wrong in here is a 5xx, and a client that leaves is none of our business. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#send(request, response, await this.#answer(request));
    } catch (error) {
      if (request.destroyed && !request.complete) return;
      this.#send(request, response, failure(error));
    }
  }

  async #answer(request: IncomingMessage): Promise<EndpointAnswer> {
    const path = (request.url ?? '/').split('?')[0]!.replace(/\/+$/, '');
    if (request.method === 'POST') return this.#post(request, path);
    if (request.method !== 'GET') return jsonAnswer(405, { error: 'GET or POST' });
    if (path === '/stats') return jsonAnswer(200, this.#sink.stats());
    if (path === HEALTH_PATH && this.#options.health.offered !== false)
      return jsonAnswer(200, healthDocument(this.#sink.instanceId, this.#options.health));
    return jsonAnswer(404, { error: `nothing at ${path || '/'}` });
  }

  async #post(request: IncomingMessage, path: string): Promise<EndpointAnswer> {
    const body = await readRequest(request);
    if (TOKEN_PATHS.has(path))
      return Buffer.isBuffer(body)
        ? issueTokens(body, this.#options.teamSlug)
        : jsonAnswer(body.status, { error: body.error });
    const answer = Buffer.isBuffer(body)
      ? this.#endpoint.receive(body)
      : this.#endpoint.refuseUnread(body.status, body.error);
    await this.#latency();
    return answer;
  }

  async #latency(): Promise<void> {
    const { latencyMs, stopping } = this.#options;
    // It rejects only when the server is stopped: then there is nothing to wait for.
    if (latencyMs > 0) await delay(latencyMs, undefined, { signal: stopping }).catch(() => {});
  }

  #send(request: IncomingMessage, response: ServerResponse, answer: EndpointAnswer): void {
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(answer.status, this.#headers(request, answer));
    response.end(answer.body);
  }

  /** An unread rest of a request would be taken for the next one: such a connection ends. */
  #headers(request: IncomingMessage, answer: CompleteAnswer): Record<string, string | number> {
    const ends = this.#options.stopping.aborted || !request.complete;
    return {
      ...(answer.headers as Record<string, string>),
      ...(answer.body.length > 0 && { 'content-length': answer.body.length }),
      ...(ends && { connection: 'close' }),
    };
  }
}

/** A sink that cannot take events now may take them later. */
function failure(error: unknown): CompleteAnswer {
  const isSinkTrouble = error instanceof SinkUnavailableError;
  const words = isSinkTrouble ? error.message : `the stub failed: ${plainMessage(error)}`;
  return jsonAnswer(isSinkTrouble ? 503 : 500, { error: words });
}
