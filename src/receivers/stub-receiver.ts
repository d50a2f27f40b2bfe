import { turn } from '../base/pace.js';
import type { BatchLimits, ClosedGate, TargetGreeting } from '../dispatch/ports.js';
import { plainMessage } from '../files/trouble.js';
import { BODILESS, type ReceiverAnswer } from '../receive/answer.js';
import type { HttpAnswer } from './answer.js';
import {
  type BatchExchange,
  type BatchPost,
  BatchReceiver,
  type Exchanged,
} from './batch-receiver.js';
import { Compression } from './compression.js';
import { conductOf, type Misbehaviour } from './stub/misbehaviour.js';
import { Sink } from './stub/sink.js';
import { SinkEndpoint } from './stub/sink-endpoint.js';

/** Answers a request body in-process, as a server would. */
export type Answerer = (body: Buffer) => HttpAnswer | Promise<HttpAnswer>;

export interface StubSettings {
  /** `stub:` or `stub:NAME`. */
  readonly endpoint: string;
  /** SQLite file of the sink, made when the first batch arrives; or `:memory:`. */
  readonly sinkFile: string;
  readonly limits?: Partial<BatchLimits>;
  readonly misbehave?: Misbehaviour;
  /** In place of the sink: for tests of how answers are understood. */
  readonly exchange?: Answerer;
  readonly now?: () => number;
}

/**
 * A real receiver without a network: the same request body, into a sink of its
 * own, and the same reading of the answer as over HTTP. No gates.
 */
export class StubReceiver extends BatchReceiver {
  constructor(settings: StubSettings) {
    const { endpoint, limits, now } = settings;
    const compression = new Compression({ setting: 'none', pays: false });
    super({ endpoint, limits, now, compression, exchange: new SinkExchange(settings) });
  }
}

/** The sink of a stub, opened with the first body. */
class SinkExchange implements BatchExchange {
  readonly #settings: StubSettings;
  #sink: Sink | undefined;
  #answer: Answerer | undefined;

  constructor(settings: StubSettings) {
    this.#settings = settings;
    this.#answer = settings.exchange;
  }

  async gate(): Promise<ClosedGate | undefined> {
    return undefined;
  }

  /** Nothing is asked: a stub has no limits of its own. */
  async greet(): Promise<TargetGreeting> {
    return {};
  }

  async send({ body, onSent }: BatchPost): Promise<Exchanged> {
    onSent?.();
    // A sink without a network never waits: signals and timers get their turn here.
    await turn();
    const answer = await this.#answerTo(body);
    await turn();
    return { answer };
  }

  /** A stub has no secrets. */
  redact(text: string): string {
    return text;
  }

  close(): void {
    this.#sink?.close();
    this.#sink = undefined;
    this.#answer = this.#settings.exchange;
  }

  async #answerTo(body: Buffer): Promise<HttpAnswer> {
    try {
      this.#answer ??= this.#openSink();
      return await this.#answer(body);
    } catch (error) {
      const why = plainMessage(error);
      return { failure: `the sink ${this.#settings.sinkFile} cannot be written: ${why}` };
    }
  }

  #openSink(): Answerer {
    const { sinkFile, misbehave = {}, now = Date.now } = this.#settings;
    this.#sink = new Sink({ db: sinkFile });
    const { rejectTypes } = misbehave;
    const endpoint = new SinkEndpoint(this.#sink, conductOf(misbehave), { rejectTypes }, now);
    return async (body) => {
      const { answer } = await endpoint.receive(requestOf(body));
      return answer === 'reset'
        ? { failure: 'the stub was told to drop the connection' }
        : completeAnswer(answer);
    };
  }
}

function requestOf(body: Buffer): Request {
  const headers = { 'content-type': 'application/json' };
  return new Request('http://stub/', { method: 'POST', headers, body: new Uint8Array(body) });
}

/** As it would come over HTTP. */
function completeAnswer({ status, document, headers = {} }: ReceiverAnswer): HttpAnswer {
  const body = BODILESS.has(status) ? '' : JSON.stringify(document);
  return { status, headers, body: Buffer.from(body) };
}
