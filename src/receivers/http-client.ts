import type { Readable } from 'node:stream';
import type { AxiosInstance, AxiosResponse } from 'axios';
import type { AnswerHead, FailureKind, HttpAnswer } from './answer.js';
import { AgentPool, type TransportSettings, wasStale } from './transport/agents.js';
import { readBody } from './transport/answer-body.js';
import { type Deadline, startDeadline } from './transport/deadline.js';
import { failureKind, failureReason } from './transport/failure-reason.js';

const DEADLINE_MS = 60_000;
/** Of the body of an answer, as decoded (docs/protocol.md, "Other answers"). */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const NOT_REPEATED = 'not sent again, because what may leave has changed meanwhile';
const MAX_REQUEST_BYTES = 256 * 1024 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** http or https; anything else is a failure. Its fragment is not sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** For this request alone; else what the transport says. */
  readonly deadlineMs?: number;
  /** How long the body of a 2xx may take, where the status alone counts. */
  readonly bodyWithinMs?: number | undefined;
  /** Asked before the request is sent a second time; without it, it may be. */
  readonly mayRepeat?: (() => Promise<boolean>) | undefined;
  readonly signal: AbortSignal;
}

/** A request that is being made. */
interface Exchange {
  readonly request: HttpRequest;
  readonly url: URL;
  readonly deadline: Deadline;
  readonly deadlineMs: number;
}

/**
 * HTTP with everything axios leaves open closed: no redirects, no environment,
 * bounded bodies, one deadline over all. Connections are kept alive.
 */
export class HttpClient {
  readonly #agents: AgentPool;
  readonly #deadlineMs: number;
  readonly #onAnswer: TransportSettings['onAnswer'];
  #axios: Promise<AxiosInstance> | undefined;

  constructor(transport: TransportSettings) {
    this.#agents = new AgentPool(transport);
    this.#deadlineMs = transport.deadlineMs ?? DEADLINE_MS;
    this.#onAnswer = transport.onAnswer;
  }

  /**
   * Any status is an answer; everything else a server or network can do is a
   * failure with a reason. A kept connection that turns out to be stale gets
   * one more try on a fresh one, if `mayRepeat` allows it. Never rejects, unless
   * `mayRepeat` does: an AxiosError holds the request's headers, and so must not
   * leave this class.
   */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.#request(request);
    this.#onAnswer?.(answer);
    return answer;
  }

  async #request(request: HttpRequest): Promise<HttpAnswer> {
    if (!isHttp(request.url))
      return { failure: 'the address is not an http(s) URL', kind: 'address' };
    const deadlineMs = request.deadlineMs ?? this.#deadlineMs;
    const deadline = startDeadline(deadlineMs, request.signal);
    const exchange = { request, url: new URL(request.url), deadline, deadlineMs };
    try {
      return await this.#exchange(exchange);
    } catch (error) {
      if (deadline.endedBy() !== undefined || !wasStale(error))
        return this.#failed(error, exchange);
      if ((await request.mayRepeat?.()) === false)
        return notRepeated(this.#failed(error, exchange));
      return { ...(await this.#onFreshConnection(exchange)), requests: 2 };
    } finally {
      deadline.release();
    }
  }

  close(): void {
    this.#agents.close();
  }

  async #onFreshConnection(exchange: Exchange): Promise<HttpAnswer> {
    this.#agents.dropIdle();
    try {
      return await this.#exchange(exchange);
    } catch (error) {
      return this.#failed(error, exchange);
    }
  }

  async #exchange(exchange: Exchange): Promise<HttpAnswer> {
    const { request, url, deadline, deadlineMs } = exchange;
    this.#axios ??= createInstance();
    const axios = await this.#axios;
    const agent = this.#agents.agentFor(url);
    const response = await axios.request<Readable>({
      method: request.method,
      url: request.url,
      headers: { 'Accept-Encoding': 'gzip', ...request.headers },
      data: request.body,
      httpAgent: agent,
      httpsAgent: agent,
      signal: deadline.signal,
      // The deadline comes first; this is for the connection that ignores it.
      timeout: deadlineMs + 1_000,
    });
    return this.#answer(response, exchange);
  }

  /** The head stands, whatever becomes of the body. */
  async #answer(response: AxiosResponse<Readable>, exchange: Exchange): Promise<HttpAnswer> {
    const head: AnswerHead = { status: response.status, headers: plainHeaders(response) };
    const isSuccess = head.status >= 200 && head.status <= 299;
    const withinMs = isSuccess ? exchange.request.bodyWithinMs : undefined;
    const bounds = { maxBytes: MAX_ANSWER_BYTES, withinMs };
    try {
      const body = await readBody(response.data, head.headers['content-encoding'], bounds);
      return { ...head, body };
    } catch (error) {
      return { ...this.#failed(error, exchange), head };
    }
  }

  #failed(error: unknown, { url, deadline, deadlineMs }: Exchange): Failed {
    const endedBy = deadline.endedBy();
    const route = this.#agents.routeTo(url);
    const maxAnswerBytes = MAX_ANSWER_BYTES;
    const { showsCertificate } = this.#agents;
    const context = { url, route, endedBy, deadlineMs, maxAnswerBytes, showsCertificate };
    return { failure: failureReason(error, context), kind: failureKind(error, context) };
  }
}

interface Failed {
  readonly failure: string;
  readonly kind: FailureKind;
}

const notRepeated = ({ failure, kind }: Failed): Failed => ({
  failure: `${failure}; ${NOT_REPEATED}`,
  kind,
});

/** axios takes long to load, and a command that sends nothing never needs it. */
async function createInstance(): Promise<AxiosInstance> {
  const { default: axios } = await import('axios');
  return axios.create({
    adapter: 'http',
    // Read here: the status counts even where the body cannot be read.
    responseType: 'stream',
    // Decoded here instead: axios takes a truncated gzip stream for a whole one.
    decompress: false,
    maxRedirects: 0,
    maxContentLength: -1,
    maxBodyLength: MAX_REQUEST_BYTES,
    proxy: false,
    validateStatus: () => true,
    transformRequest: [],
    transformResponse: [],
  });
}

function plainHeaders(response: AxiosResponse): Record<string, string> {
  const plain: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(response.headers))
    plain[name.toLowerCase()] = String(value);
  return plain;
}

function isHttp(address: string): boolean {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}
