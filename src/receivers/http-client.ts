import type { AnswerHead, FailureKind, HttpAnswer } from './answer.js';
import { AgentPool, type TransportSettings, wasStale } from './transport/agents.js';
import { readBody } from './transport/answer-body.js';
import { Deadline } from './transport/deadline.js';
import { failureKind, failureReason } from './transport/failure-reason.js';
import { BrokenRequestError, headOf, Wire } from './transport/wire.js';

const DEADLINE_MS = 60_000;
/** Of the body of an answer, as decoded (docs/protocol.md, "Other answers"). */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const NOT_REPEATED = 'not sent again, because what may leave has changed meanwhile';

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
  /** Called when the whole request is with the operating system. */
  readonly onSent?: (() => void) | undefined;
  readonly signal: AbortSignal;
}

/** A request that is being made. */
interface Exchange {
  readonly request: HttpRequest;
  readonly wire: Wire;
  readonly deadline: Deadline;
  readonly deadlineMs: number;
}

/**
 * HTTP with all that is open in Node's own closed: no redirects, no environment,
 * bounded bodies, one deadline over all. Connections are kept alive.
 */
export class HttpClient {
  readonly #agents: AgentPool;
  readonly #deadlineMs: number;
  readonly #onAnswer: TransportSettings['onAnswer'];
  /** By the URL as it was given; the requests of one client go to few. */
  readonly #wires = new Map<string, Wire>();

  constructor(transport: TransportSettings) {
    this.#agents = new AgentPool(transport);
    this.#deadlineMs = transport.deadlineMs ?? DEADLINE_MS;
    this.#onAnswer = transport.onAnswer;
  }

  /**
   * Any status is an answer; everything else a server or network can do is a
   * failure with a reason. A kept connection that turns out to be stale gets
   * one more try on a fresh one, if `mayRepeat` allows it. Never rejects, unless
   * `mayRepeat` does.
   */
  request(request: HttpRequest): Promise<HttpAnswer> {
    const asked = this.#request(request);
    const told = this.#onAnswer;
    if (told === undefined) return asked;
    return asked.then((answer) => {
      told(answer);
      return answer;
    });
  }

  async #request(request: HttpRequest): Promise<HttpAnswer> {
    const wire = this.#wireTo(request.url);
    if (wire === undefined)
      return { failure: 'the address is not an http(s) URL', kind: 'address' };
    const deadlineMs = request.deadlineMs ?? this.#deadlineMs;
    const deadline = new Deadline(deadlineMs, request.signal);
    const exchange = { request, wire, deadline, deadlineMs };
    try {
      return await this.#exchange(exchange);
    } catch (error) {
      if (deadline.endedBy !== undefined || !isStale(error)) return this.#failed(error, exchange);
      if ((await request.mayRepeat?.()) === false)
        return notRepeated(this.#failed(error, exchange));
      return { ...(await this.#onFreshConnection(exchange)), requests: 2 };
    } finally {
      deadline.release();
    }
  }

  close(): void {
    this.#agents.close();
    this.#wires.clear();
  }

  async #onFreshConnection(exchange: Exchange): Promise<HttpAnswer> {
    this.#agents.dropIdle();
    try {
      return await this.#exchange(exchange);
    } catch (error) {
      return this.#failed(error, exchange);
    }
  }

  /** The head stands, whatever becomes of the body. */
  async #exchange(exchange: Exchange): Promise<HttpAnswer> {
    const { request, wire, deadline } = exchange;
    const response = await wire.request(request, deadline);
    const head: AnswerHead = headOf(response);
    const isSuccess = head.status >= 200 && head.status <= 299;
    const withinMs = isSuccess ? request.bodyWithinMs : undefined;
    const bounds = { maxBytes: MAX_ANSWER_BYTES, withinMs };
    try {
      const body = await readBody(response, head.headers['content-encoding'], bounds);
      return { status: head.status, headers: head.headers, body };
    } catch (error) {
      return { ...this.#failed(error, exchange), head };
    }
  }

  /** Undefined for an address that is not http or https. */
  #wireTo(address: string): Wire | undefined {
    const known = this.#wires.get(address);
    if (known !== undefined || !isHttp(address)) return known;
    const wire = new Wire(new URL(address), this.#agents);
    this.#wires.set(address, wire);
    return wire;
  }

  #failed(error: unknown, { wire: { url }, deadline, deadlineMs }: Exchange): Failed {
    const { endedBy } = deadline;
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

const isStale = (error: unknown): boolean =>
  error instanceof BrokenRequestError && wasStale(error.request, error.cause);

function isHttp(address: string): boolean {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}
