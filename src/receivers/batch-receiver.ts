import type {
  BatchLimits,
  ClosedGate,
  DeliveryReceiver,
  DeliveryReport,
  OutboundEvent,
  OutboundShape,
  TargetGreeting,
} from '../dispatch/ports.js';
import type { HttpAnswer } from './answer.js';
import type { HttpRequest } from './http-client.js';
import { type AckMode, mapResponse } from './mapper.js';
import { transientForAll } from './mapping/verdict.js';
import type { Redactor } from './redact.js';
import {
  type Adapt,
  composeBody,
  compressBody,
  DEFAULT_LIMITS,
  roomForEvents,
  wireSize,
} from './request-body.js';
import { unsendableAsJson } from './unsendable.js';

/** One request body on its way, and what decides whether it may be sent once more. */
export type BatchPost = Pick<HttpRequest, 'signal' | 'mayRepeat'> & { readonly body: Buffer };

/** What an exchange brought back: an answer, or the gate that kept the body here. */
export type Exchanged =
  | { readonly closed: ClosedGate }
  | {
      readonly answer: HttpAnswer;
      /** How often the body was sent before the request that got this answer; 0 when absent. */
      readonly sentBefore?: number;
      /** What the operator can do about a refusal, to stand behind what the server said. */
      readonly advice?: string | undefined;
      /** Why the pass ends, although the server said nothing that stops it. */
      readonly stop?: string;
    };

/** How the bodies of one kind of target get their answers: all that such receivers differ in. */
export interface BatchExchange {
  /** The first closed gate that can be seen without any network. */
  gate(): Promise<ClosedGate | undefined>;
  /** What the target says of itself; `inForce` is what counts where it says nothing. */
  greet(signal: AbortSignal, inForce: BatchLimits): Promise<TargetGreeting>;
  /** Gets an answer to one body. Never rejects for anything a server or network can do. */
  send(post: BatchPost): Promise<Exchanged>;
  /** Hides every secret that this exchange has used. */
  readonly redact: Redactor;
  close(): void;
}

export interface BatchSettings {
  /** Address shown to people; never contains a secret. */
  readonly endpoint: string;
  readonly exchange: BatchExchange;
  /** `results` when absent. */
  readonly ack?: AckMode | undefined;
  readonly limits?: Partial<BatchLimits> | undefined;
  /** False: the body travels as it is, where no network is in between. */
  readonly isCompressed?: boolean;
  /** For events that travel bare, and how many bytes it can add to one. */
  readonly adapt?: { readonly bytes: Adapt; readonly growth: number };
  readonly now?: (() => number) | undefined;
}

/** A receiver of the batch protocol (docs/protocol.md), whoever is at the other end. */
export class BatchReceiver implements DeliveryReceiver {
  readonly endpoint: string;
  readonly limits: BatchLimits;
  readonly #settings: BatchSettings;
  readonly #fullLimits: BatchLimits;
  readonly #exchange: BatchExchange;

  constructor(settings: BatchSettings) {
    this.endpoint = settings.endpoint;
    this.#fullLimits = { ...DEFAULT_LIMITS, ...settings.limits };
    this.limits = roomForEvents(this.#fullLimits);
    this.#settings = settings;
    this.#exchange = settings.exchange;
  }

  closedGate(): Promise<ClosedGate | undefined> {
    return this.#exchange.gate();
  }

  greet(signal: AbortSignal): Promise<TargetGreeting> {
    return this.#exchange.greet(signal, this.#fullLimits);
  }

  wireSize(event: OutboundShape): number {
    const growth = event.carriesOwnId ? (this.#settings.adapt?.growth ?? 0) : 0;
    return wireSize(event) + growth;
  }

  unsendable(event: OutboundEvent): string | undefined {
    return unsendableAsJson(event);
  }

  async deliver(
    batch: readonly OutboundEvent[],
    signal: AbortSignal,
    mayStillLeave?: () => Promise<boolean>,
  ): Promise<DeliveryReport> {
    const { ack = 'results', adapt, isCompressed = true, now = Date.now } = this.#settings;
    const plain = composeBody(batch, adapt?.bytes);
    const body = isCompressed ? await compressBody(plain) : plain;
    const exchanged = await this.#exchange.send({ body, signal, mayRepeat: mayStillLeave });
    if ('closed' in exchanged) return closedReport(batch.length, exchanged.closed);
    const sentIds = batch.map(({ eventId }) => eventId);
    const options = { ack, now: now(), redact: this.#exchange.redact };
    return reportOf(mapResponse(sentIds, exchanged.answer, options), exchanged, body.length);
  }

  async close(): Promise<void> {
    this.#exchange.close();
  }
}

/** What a batch gets when a gate is closed at the moment of the post: nothing left this machine. */
function closedReport(count: number, gate: ClosedGate): DeliveryReport {
  return { ...transientForAll(count, gate.message, null, { blocked: gate.reason }), bytesSent: 0 };
}

const SENT_TWICE =
  'sent twice: the kept connection was reset before an answer, a fresh one was used';

/** The report of one post: what its answer means, and what was sent to get it. */
function reportOf(
  verdict: Omit<DeliveryReport, 'bytesSent'>,
  { answer, sentBefore = 0, advice, stop }: Extract<Exchanged, { answer: HttpAnswer }>,
  bytes: number,
): DeliveryReport {
  const { requests = 1 } = answer;
  const told = requests === 1 ? verdict.error : twice(verdict.error);
  const error = advice === undefined ? told : `${told}. ${advice}`;
  const report = { ...verdict, bytesSent: bytes * (requests + sentBefore) };
  const whole = error === undefined ? report : { ...report, error };
  if (stop === undefined) return whole;
  // Whatever was refused is good by now, and so stands in nobody's way.
  const { blocked: _blocked, ...unblocked } = whole;
  return { ...unblocked, stop };
}

const twice = (error: string | undefined): string =>
  error === undefined ? SENT_TWICE : `${error} (${SENT_TWICE})`;
