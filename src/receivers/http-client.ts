import type { AxiosInstance, AxiosResponse } from 'axios';
import type { HttpAnswer } from './answer.js';
import { AgentPool, type TransportSettings } from './transport/agents.js';
import { decodeBody } from './transport/content-decoding.js';
import { type Deadline, startDeadline } from './transport/deadline.js';
import { failureReason } from './transport/failure-reason.js';

const DEADLINE_MS = 60_000;
/** Of a body as decoded (SPEC section 6). */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_REQUEST_BYTES = 256 * 1024 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** http or https; anything else is a failure. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** For this request alone; else what the transport says. */
  readonly deadlineMs?: number;
  readonly signal: AbortSignal;
}

/**
 * HTTP with everything axios leaves open closed: no redirects, no environment,
 * bounded bodies, one deadline over all. Connections are kept alive.
 */
export class HttpClient {
  readonly #agents: AgentPool;
  readonly #deadlineMs: number;
  #axios: Promise<AxiosInstance> | undefined;

  constructor(transport: TransportSettings) {
    this.#agents = new AgentPool(transport);
    this.#deadlineMs = transport.deadlineMs ?? DEADLINE_MS;
  }

  /**
   * Any status is an answer; everything else a server or network can do is a
   * failure with a reason. Never rejects: an AxiosError holds the request's
   * headers, and so must not leave this class.
   */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    if (!isHttp(request.url)) return { failure: 'the address is no http(s) URL' };
    const deadlineMs = request.deadlineMs ?? this.#deadlineMs;
    const deadline = startDeadline(deadlineMs, request.signal);
    try {
      return await this.#exchange(request, deadline, deadlineMs);
    } catch (error) {
      const url = new URL(request.url);
      const endedBy = deadline.endedBy();
      const context = { url, endedBy, deadlineMs, maxAnswerBytes: MAX_ANSWER_BYTES };
      return { failure: failureReason(error, context) };
    } finally {
      deadline.release();
    }
  }

  close(): void {
    this.#agents.close();
  }

  async #exchange(request: HttpRequest, deadline: Deadline, ms: number): Promise<HttpAnswer> {
    this.#axios ??= createInstance();
    const axios = await this.#axios;
    const agent = await this.#agents.agentFor(new URL(request.url));
    const response = await axios.request<Buffer>({
      method: request.method,
      url: request.url,
      headers: { 'Accept-Encoding': 'gzip', ...request.headers },
      data: request.body,
      httpAgent: agent,
      httpsAgent: agent,
      signal: deadline.signal,
      // The deadline comes first; this is for the connection that ignores it.
      timeout: ms + 1_000,
    });
    return completeAnswer(response);
  }
}

/** axios takes long to load, and a command that sends nothing never needs it. */
async function createInstance(): Promise<AxiosInstance> {
  const { default: axios } = await import('axios');
  return axios.create({
    adapter: 'http',
    responseType: 'arraybuffer',
    // Decoded here instead: axios takes a truncated gzip stream for a whole one.
    decompress: false,
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    maxBodyLength: MAX_REQUEST_BYTES,
    proxy: false,
    validateStatus: () => true,
    transformRequest: [],
    transformResponse: [],
  });
}

async function completeAnswer(response: AxiosResponse<Buffer>): Promise<HttpAnswer> {
  const headers = plainHeaders(response);
  const encoding = headers['content-encoding'];
  const body = await decodeBody(response.data, encoding, MAX_ANSWER_BYTES);
  return { status: response.status, headers, body };
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
