import { decodeBody } from '../base/content-decoding.js';
import type { FailureKind, HttpAnswer } from './answer.js';
import { Deadline } from './transport/deadline.js';
import { BrokenRequestError } from './transport/exchange.js';
import { failureKind, failureReason } from './transport/failure-reason.js';
import { Network, type TransportSettings } from './transport/network.js';
import { Wire } from './transport/wire.js';

const DEADLINE_MS = 60_000;
/** Of the body of an answer, as decoded (docs/protocol.md, "Other answers"). */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const NOT_REPEATED = 'not sent again, because what may leave has changed meanwhile';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** http or https; anything else is a failure. Its fragment is not sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What every request of its sender carries besides, of other names: the same object each time. */
  readonly standing?: Readonly<Record<string, string>> | undefined;
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
 * HTTP with all that is open elsewhere closed: no redirects, no environment,
 * bounded bodies, one deadline over all. Connections are kept alive.
 */
export class HttpClient {
  readonly #network: Network;
  readonly #deadlineMs: number;
  readonly #onAnswer: TransportSettings['onAnswer'];
  /** By the URL as it was given; the requests of one client go to few. */
  readonly #wires = new Map<string, Wire>();

  constructor(transport: TransportSettings) {
    this.#network = new Network(transport);
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
    for (const wire of this.#wires.values()) wire.close();
    this.#wires.clear();
  }

  async #onFreshConnection(exchange: Exchange): Promise<HttpAnswer> {
    exchange.wire.dropIdle();
    try {
      return await this.#exchange(exchange);
    } catch (error) {
      return this.#failed(error, exchange);
    }
  }

  /** The head stands, whatever becomes of the body. */
  async #exchange(exchange: Exchange): Promise<HttpAnswer> {
    const { request, wire, deadline } = exchange;
    const incoming = await wire.request(request, deadline, MAX_ANSWER_BYTES);
    const { status, headers } = incoming.head;
    const isSuccess = status >= 200 && status <= 299;
    try {
      const bytes =
        incoming.arrived ?? (await incoming.body(isSuccess ? request.bodyWithinMs : undefined));
      const encoding = headers['content-encoding'];
      if (encoding === undefined) return { status, headers, body: bytes };
      return { status, headers, body: await decodeBody(bytes, encoding, MAX_ANSWER_BYTES) };
    } catch (error) {
      return { ...this.#failed(error, exchange), head: incoming.head };
    }
  }

  /** Undefined for an address that is not http or https. */
  #wireTo(address: string): Wire | undefined {
    const known = this.#wires.get(address);
    if (known !== undefined || !isHttp(address)) return known;
    const wire = new Wire(new URL(address), this.#network);
    this.#wires.set(address, wire);
    return wire;
  }

  #failed(error: unknown, { wire: { url }, deadline, deadlineMs }: Exchange): Failed {
    const { endedBy } = deadline;
    const route = this.#network.routeTo(url);
    const maxAnswerBytes = MAX_ANSWER_BYTES;
    const { showsCertificate } = this.#network;
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

const isStale = (error: unknown): boolean => error instanceof BrokenRequestError && error.wasStale;

function isHttp(address: string): boolean {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}
