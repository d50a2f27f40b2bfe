import { turn } from '../base/pace.js';
import type {
  BatchLimits,
  ClosedGate,
  DeliveryReceiver,
  DeliveryReport,
  OutboundEvent,
  OutboundShape,
  TargetGreeting,
} from '../dispatch/ports.js';
import { plainMessage } from '../files/trouble.js';
import type { HttpAnswer } from './answer.js';
import { DEFAULT_LIMITS, roomForEvents } from './limits.js';
import { mapResponse } from './mapper.js';
import { composeBody, wireSize } from './request-body.js';
import { BatchEndpoint } from './stub/batch-endpoint.js';
import { conductOf, type Misbehaviour } from './stub/misbehaviour.js';
import { Sink } from './stub/sink.js';
import { unsendableAsJson } from './unsendable.js';

/** Answers a request body in-process, as a server would. */
export type Exchange = (body: Buffer) => HttpAnswer | Promise<HttpAnswer>;

export interface StubSettings {
  /** `stub:` or `stub:NAME`. */
  readonly endpoint: string;
  /** SQLite file of the sink, made when the first batch arrives; or `:memory:`. */
  readonly sinkFile: string;
  readonly limits?: Partial<BatchLimits>;
  readonly misbehave?: Misbehaviour;
  /** In place of the sink: for tests of how answers are understood. */
  readonly exchange?: Exchange;
  readonly now?: () => number;
}

/**
 * A real receiver without a network: the same request body, into a sink of its
 * own, and the same reading of the answer as over HTTP. No gates.
 */
export class StubReceiver implements DeliveryReceiver {
  readonly endpoint: string;
  readonly limits: BatchLimits;
  readonly #settings: StubSettings;
  readonly #now: () => number;
  #sink: Sink | undefined;
  #exchange: Exchange | undefined;

  constructor(settings: StubSettings) {
    this.endpoint = settings.endpoint;
    this.limits = roomForEvents({ ...DEFAULT_LIMITS, ...settings.limits });
    this.#settings = settings;
    this.#now = settings.now ?? Date.now;
    this.#exchange = settings.exchange;
  }

  async closedGate(): Promise<ClosedGate | undefined> {
    return undefined;
  }

  /** Nothing is asked: a stub has no limits of its own. */
  async greet(): Promise<TargetGreeting> {
    return {};
  }

  wireSize(event: OutboundShape): number {
    return wireSize(event);
  }

  unsendable(event: OutboundEvent): string | undefined {
    return unsendableAsJson(event);
  }

  async deliver(batch: readonly OutboundEvent[]): Promise<DeliveryReport> {
    // A sink without a network never waits: signals and timers get their turn here.
    await turn();
    const body = composeBody(batch);
    const answer = await this.#answer(body);
    await turn();
    const sentIds = batch.map(({ eventId }) => eventId);
    const options = { ack: 'results', now: this.#now(), redact: (text: string) => text } as const;
    return { ...mapResponse(sentIds, answer, options), bytesSent: body.length };
  }

  async close(): Promise<void> {
    this.#sink?.close();
    this.#sink = undefined;
    this.#exchange = this.#settings.exchange;
  }

  async #answer(body: Buffer): Promise<HttpAnswer> {
    try {
      this.#exchange ??= this.#openSink();
      return await this.#exchange(body);
    } catch (error) {
      const why = plainMessage(error);
      return { failure: `the sink ${this.#settings.sinkFile} cannot be written: ${why}` };
    }
  }

  #openSink(): Exchange {
    const { sinkFile, misbehave = {} } = this.#settings;
    this.#sink = new Sink({ db: sinkFile });
    const endpoint = new BatchEndpoint(this.#sink, conductOf(misbehave), misbehave, this.#now);
    return (body) => {
      const answer = endpoint.receive(body);
      return answer === 'reset' ? { failure: 'the stub was told to drop the connection' } : answer;
    };
  }
}
