import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { plainMessage } from '../../files/trouble.js';
import { type ReceiverAnswer, refusalAnswer, toResponse } from '../../receive/answer.js';
import { readBody } from '../../receive/body.js';
import type { RequestSummary } from '../../receive/handler.js';
import { resolveLimits } from '../../receive/limits.js';
import { Refusal } from '../../receive/refusal.js';
import { Room } from '../../receive/room.js';
import { type HealthOptions, healthDocument, issueTokens } from './documents.js';
import type { Sink } from './sink.js';
import type { SinkEndpoint, SinkReceipt } from './sink-endpoint.js';

const TOKEN_PATHS = new Set(['/api/v1/token', '/api/v1/token/refresh']);
/** A name and a password, or a token. */
const TOKEN_LIMITS = resolveLimits({ maxBytes: 64 * 1024 });
const HEALTH_PATH = '/api/v1/sync/health';

/** What the stub says of one request, for a line of a log. */
export interface ServedRequest {
  readonly method: string;
  /** Without its query, which may hold a key. */
  readonly path: string;
  /** Null when the connection was dropped. */
  readonly status: number | null;
  readonly elapsedMs: number;
  /** Of a request that brought events, or was meant to. */
  readonly events?: RequestSummary;
}

export interface RouteOptions {
  readonly latencyMs: number;
  readonly health: HealthOptions;
  readonly teamSlug: string;
  /** Ends waits and asks clients not to come back on the same connection. */
  readonly stopping: AbortSignal;
  readonly onRequest?: ((request: ServedRequest) => void) | undefined;
}

/** An answer, or a receipt for events. */
type Reply = ReceiverAnswer | SinkReceipt;

/** One HTTP request in, one answer out, for every path the stub has. */
export class StubRoutes {
  readonly #sink: Sink;
  readonly #endpoint: SinkEndpoint;
  readonly #options: RouteOptions;

  constructor(sink: Sink, endpoint: SinkEndpoint, options: RouteOptions) {
    this.#sink = sink;
    this.#endpoint = endpoint;
    this.#options = options;
  }

  /** Never rejects: what goes wrong in here is a 5xx. */
  async handle(request: Request, incoming: IncomingMessage): Promise<Response> {
    const startedAt = performance.now();
    const path = new URL(request.url).pathname;
    const reply = await this.#reply(request, path, incoming);
    const [answer, events] = 'summary' in reply ? [reply.answer, reply.summary] : [reply];
    const status = answer === 'reset' ? null : answer.status;
    const elapsedMs = performance.now() - startedAt;
    const served = { method: request.method, path, status, elapsedMs, ...(events && { events }) };
    this.#options.onRequest?.(served);
    if (answer !== 'reset') return this.#response(answer);
    incoming.socket.resetAndDestroy();
    return RESPONSE_ALREADY_SENT;
  }

  async #reply(request: Request, path: string, incoming: IncomingMessage): Promise<Reply> {
    try {
      const place = path.replace(/\/+$/, '');
      if (request.method !== 'POST') return this.#get(request.method, place);
      if (TOKEN_PATHS.has(place)) return await this.#tokens(request);
      const isGone = (): boolean => incoming.destroyed && !incoming.complete;
      const receipt = await this.#endpoint.receive(request, isGone);
      await this.#latency();
      return receipt;
    } catch (error) {
      if (error instanceof Refusal) return refusalAnswer(error);
      return { status: 500, document: { error: `the stub failed: ${plainMessage(error)}` } };
    }
  }

  #get(method: string, place: string): ReceiverAnswer {
    const { health } = this.#options;
    if (method !== 'GET') return { status: 405, document: { error: 'GET or POST' } };
    if (place === '/stats') return { status: 200, document: this.#sink.stats() };
    if (place === HEALTH_PATH && health.offered !== false)
      return { status: 200, document: healthDocument(this.#sink.instanceId, health) };
    if (TOKEN_PATHS.has(place) || place === HEALTH_PATH)
      return { status: 404, document: { error: `nothing at ${place}` } };
    return { status: 405, document: { error: 'events come by POST' }, headers: { allow: 'POST' } };
  }

  async #tokens(request: Request): Promise<ReceiverAnswer> {
    const body = await readBody(request, TOKEN_LIMITS, new Room(TOKEN_LIMITS).share());
    return issueTokens(body, this.#options.teamSlug);
  }

  async #latency(): Promise<void> {
    const { latencyMs, stopping } = this.#options;
    // It rejects only when the server is stopped: then there is nothing to wait for.
    if (latencyMs > 0) await delay(latencyMs, undefined, { signal: stopping }).catch(() => {});
  }

  #response(answer: ReceiverAnswer): Response {
    const ends = this.#options.stopping.aborted && { connection: 'close' };
    return toResponse({ ...answer, headers: { ...answer.headers, ...ends } });
  }
}
