import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { closeAfterTest } from '../support/temporary-home.js';

/** One request as the server saw it. */
export interface TokenServerRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface TokenServerOptions {
  /** The refresh token that is good at first; each is good once. */
  readonly refresh?: string;
  /** The access token that is good at first. */
  readonly access?: string;
  /** Members of what it grants, besides the tokens. */
  readonly grant?: Readonly<Record<string, unknown>>;
  /** Answers a request for tokens in its place. */
  readonly answerTokens?: (seen: TokenServerRequest) => readonly [status: number, body: unknown];
  /** Every request for tokens waits for this. */
  readonly hold?: Promise<void>;
  /** Refuses every batch. */
  readonly refusesBatches?: boolean;
}

/** A Teamspace that issues tokens, takes each refresh token once, and echoes what it refuses. */
export class TokenServer {
  readonly seen: TokenServerRequest[] = [];
  /** Fulfilled by the first request for tokens. */
  readonly firstAsked: Promise<void>;
  #noteAsked = (): void => {};
  readonly #options: TokenServerOptions;
  readonly #server: http.Server;
  #refresh: string | undefined;
  #access: string | undefined;
  #issued = 0;

  private constructor(options: TokenServerOptions) {
    this.#options = options;
    this.#refresh = options.refresh;
    this.#access = options.access;
    this.firstAsked = new Promise((resolve) => {
      this.#noteAsked = resolve;
    });
    this.#server = http.createServer((request, response) => this.#handle(request, response));
  }

  static async start(options: TokenServerOptions = {}): Promise<TokenServer> {
    const started = new TokenServer(options);
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    closeAfterTest(() => started.#close());
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests to this path, as `/api/v1/PATH/`. */
  at(path: string): TokenServerRequest[] {
    return this.seen.filter((one) => one.path === `/api/v1/${path}/`);
  }

  get refreshes(): TokenServerRequest[] {
    return this.at('token/refresh');
  }

  get batches(): TokenServerRequest[] {
    return this.at('events/batch');
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const seen = await read(request);
    this.seen.push(seen);
    const [status, body] = await this.#answer(seen);
    response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' });
    response.end(JSON.stringify(body));
  }

  async #answer(seen: TokenServerRequest): Promise<readonly [number, unknown]> {
    if (seen.path === '/api/v1/events/batch/') return this.#takeBatch(seen);
    if (!seen.path.startsWith('/api/v1/token/')) return [404, { error: 'nothing here' }];
    this.#noteAsked();
    await this.#options.hold;
    return this.#options.answerTokens?.(seen) ?? this.#giveTokens(seen);
  }

  #takeBatch({ authorization, body }: TokenServerRequest): readonly [number, unknown] {
    const isGood = authorization === `Bearer ${this.#access}`;
    if (!isGood || this.#options.refusesBatches === true)
      return [401, { error: `no good: ${authorization}` }];
    const events = body.events as { event_id: string }[];
    return [200, { results: events.map(({ event_id }) => ({ event_id, status: 'success' })) }];
  }

  #giveTokens({ body }: TokenServerRequest): readonly [number, unknown] {
    if ('refresh' in body && body.refresh !== this.#refresh)
      return [401, { detail: `spent: ${body.refresh}` }];
    if ('password' in body && body.password !== 'the-right-password')
      return [401, { detail: `no such user, or not this password: ${body.password}` }];
    this.#issued += 1;
    this.#access = `marker-access-${this.#issued}`;
    this.#refresh = `marker-refresh-${this.#issued}`;
    return [200, { access: this.#access, refresh: this.#refresh, ...this.#options.grant }];
  }
}

async function read(request: http.IncomingMessage): Promise<TokenServerRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
  return {
    path: request.url ?? '',
    authorization: request.headers.authorization,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}
