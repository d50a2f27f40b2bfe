import { plainMessage } from '../../files/trouble.js';
import type { ReceiverAnswer } from '../../receive/answer.js';
import { Authentication, type Credentials } from '../../receive/authentication.js';
import { type HandlerParts, type RequestSummary, receive } from '../../receive/handler.js';
import type { ReceiverLimits } from '../../receive/limits.js';
import type { EventVerdict, ReceivedEvent } from '../../receive/received-event.js';
import { Refusal } from '../../receive/refusal.js';
import { Room } from '../../receive/room.js';
import type { Conduct } from './misbehaviour.js';
import type { Sink } from './sink.js';
import { SinkUnavailableError } from './sink-connection.js';

/** What the endpoint refuses, as a real server would. */
export interface EndpointRules {
  readonly rejectTypes?: readonly string[] | undefined;
  /** A request over these is answered 413. */
  readonly maxEvents?: number | undefined;
  readonly maxBytes?: number | undefined;
  /** Seconds, sent with every answer that tells the sender to come again. */
  readonly retryAfterS?: number | undefined;
  /** What a sender of events has to prove. */
  readonly credentials?: Credentials | undefined;
}

/** What happened to one request; without a status, its connection is to be dropped. */
export interface SinkReceipt {
  readonly answer: ReceiverAnswer | 'reset';
  readonly summary: RequestSummary;
}

/** A stub takes what a journal can hold: it bounds memory, and nothing else. */
const STUB_LIMITS: ReceiverLimits = {
  maxBytes: 64 * 1024 * 1024,
  maxBytesAtOnce: 256 * 1024 * 1024,
  maxEvents: 1_000_000,
  maxDepth: Number.MAX_SAFE_INTEGER,
  bodyTimeoutMs: 60_000,
};

/**
 * Every format of the receiver kit over a sink, and the misbehaviour that was
 * asked for. One transaction for each request: its events and its row in the
 * log of posts.
 */
export class SinkEndpoint {
  readonly #sink: Sink;
  readonly #conduct: () => Conduct;
  readonly #rules: EndpointRules;
  readonly #now: () => number;
  readonly #parts: Omit<HandlerParts, 'take'>;

  constructor(sink: Sink, conduct: () => Conduct, rules: EndpointRules = {}, now = Date.now) {
    this.#sink = sink;
    this.#conduct = conduct;
    this.#rules = rules;
    this.#now = now;
    const { maxEvents = STUB_LIMITS.maxEvents, maxBytes = STUB_LIMITS.maxBytes } = rules;
    const limits = { ...STUB_LIMITS, maxEvents, maxBytes };
    this.#parts = {
      authentication: new Authentication(rules.credentials ?? {}, now),
      limits,
      room: new Room(limits),
      isLenient: true,
    };
  }

  /**
   * Takes one POST. `isGone` says that nobody waits for the answer any more: then
   * what could not be read leaves no trace.
   */
  async receive(request: Request, isGone: () => boolean = () => false): Promise<SinkReceipt> {
    const visit = new Visit(this.#sink, this.#conduct, this.#rules, this.#now);
    const { answer, summary } = await receive(request, {
      ...this.#parts,
      take: async (events, elements) => visit.take(events, elements),
    });
    if (visit.isDropped) return { answer: 'reset', summary };
    const said = { ...answer, status: visit.statusOf(answer) };
    if (visit.isLogged || isGone()) return { answer: said, summary };
    return { answer: this.#logged(said, summary.events), summary };
  }

  /** Logs a POST of which nothing was taken. */
  #logged(answer: ReceiverAnswer, events: number): ReceiverAnswer {
    try {
      const { status } = answer;
      this.#sink.receive([], { receivedAt: this.#now(), events, stored: 0, status });
      return this.#retryable(answer);
    } catch (error) {
      const { status, message } = failureOf(error);
      return { status, document: { error: message } };
    }
  }

  #retryable(answer: ReceiverAnswer): ReceiverAnswer {
    const { retryAfterS } = this.#rules;
    const { status, headers } = answer;
    if (retryAfterS === undefined || (status < 500 && status !== 429)) return answer;
    return { ...answer, headers: { ...headers, 'retry-after': String(retryAfterS) } };
  }
}

/** One POST: decides how to behave once its events are known, and stores them. */
class Visit {
  isLogged = false;
  isDropped = false;
  #status = 200;

  constructor(
    private readonly sink: Sink,
    private readonly conduct: () => Conduct,
    private readonly rules: EndpointRules,
    private readonly now: () => number,
  ) {}

  /** @throws Refusal where nothing is to be taken, or nothing can be. */
  take(events: readonly ReceivedEvent[], elements: number): EventVerdict[] {
    const conduct = this.conduct();
    switch (conduct.kind) {
      case 'fail':
        throw new Refusal(conduct.status, 'the stub was told to fail');
      case 'reset':
        this.#store(conduct.store ? events : [], elements, null);
        this.isDropped = true;
        throw new Refusal(500, 'the stub was told to drop the connection');
      case 'serve':
        this.#status = conduct.status;
        return this.#serve(events, elements);
    }
  }

  /** Where all went well, the status that the stub was told to give. */
  statusOf({ status }: ReceiverAnswer): number {
    return status === 200 ? this.#status : status;
  }

  #serve(events: readonly ReceivedEvent[], elements: number): EventVerdict[] {
    const isEmpty = events.every((event) => this.#rejects(event));
    const stored = isEmpty ? [] : this.#store(events, elements, this.#status);
    const times = stored[Symbol.iterator]();
    return events.map((event) =>
      this.#rejects(event)
        ? { status: 'rejected', reason: `type ${event.type} refused` }
        : { status: times.next().value === 1 ? 'success' : 'duplicate' },
    );
  }

  #rejects({ type }: ReceivedEvent): boolean {
    return type !== undefined && this.rules.rejectTypes?.includes(type) === true;
  }

  /** How often each of those that are not rejected has come by now. */
  #store(events: readonly ReceivedEvent[], elements: number, status: number | null): number[] {
    const accepted = events
      .filter((event) => !this.#rejects(event))
      .map(({ id, bytes }) => ({ eventId: id, bytes }));
    const post = { receivedAt: this.now(), events: elements, stored: accepted.length, status };
    try {
      const times = this.sink.receive(accepted, post);
      this.isLogged = true;
      return times;
    } catch (error) {
      throw failureOf(error);
    }
  }
}

/** A sink that cannot take events now may take them later. */
function failureOf(error: unknown): Refusal {
  return error instanceof SinkUnavailableError
    ? new Refusal(503, error.message)
    : new Refusal(500, `the stub failed: ${plainMessage(error)}`);
}
