import { type Advised, wholeText } from '../base/advice.js';
import type {
  BatchLimits,
  ClosedGate,
  DeliveryReceiver,
  DeliveryReport,
  OutboundEvent,
  OutboundShape,
  PreparedRequest,
  RequestCourse,
  TargetGreeting,
} from '../dispatch/ports.js';
import type { HttpAnswer } from './answer.js';
import { Compression } from './compression.js';
import { batchFormat } from './formats/batch.js';
import type { ComposedRequest, RequestFormat } from './formats/format.js';
import type { HttpRequest } from './http-client.js';
import { type AckMode, mapResponse } from './mapper.js';
import { transientForAll } from './mapping/verdict.js';
import type { Redactor } from './redact.js';
import { compressBody, DEFAULT_LIMITS } from './request-body.js';

/** One request on its way, and what decides whether it may be sent once more. */
export type BatchPost = Pick<HttpRequest, 'signal' | 'mayRepeat' | 'onSent'> & ComposedRequest;

/** What an exchange brought back: an answer, or the gate that kept the body here. */
export type Exchanged =
  | { readonly closed: ClosedGate }
  | {
      readonly answer: HttpAnswer;
      /** How often the body was sent before the request that got this answer; 0 when absent. */
      readonly sentBefore?: number;
      /** What there is to know of a refusal, and to do; it stands behind what the server said. */
      readonly remark?: Advised | undefined;
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
  /** How requests look; `batch` when absent. */
  readonly format?: RequestFormat | undefined;
  /** `results` when absent. */
  readonly ack?: AckMode | undefined;
  readonly limits?: Partial<BatchLimits> | undefined;
  /** Requests at once, where a request carries one event. */
  readonly concurrency?: number | undefined;
  /** gzip when absent. */
  readonly compression?: Compression | undefined;
  readonly now?: (() => number) | undefined;
}

const DEFAULT_CONCURRENCY = 8;
/** So much is held in memory for one claim, where `max_bytes` bounds a request of one event. */
const SINGLE_CLAIM_BYTES = 4 * 1024 * 1024;

/** A receiver of requests of any format, whoever is at the other end. */
export class BatchReceiver implements DeliveryReceiver {
  readonly endpoint: string;
  readonly limits: BatchLimits;
  readonly requestsAtOnce: number | undefined;
  readonly #settings: BatchSettings;
  readonly #fullLimits: BatchLimits;
  readonly #exchange: BatchExchange;
  readonly #format: RequestFormat;
  readonly #compression: Compression;

  constructor(settings: BatchSettings) {
    const { format = batchFormat(), concurrency = DEFAULT_CONCURRENCY } = settings;
    this.endpoint = settings.endpoint;
    this.#format = format;
    this.#compression = settings.compression ?? new Compression({ setting: 'gzip', pays: true });
    this.#fullLimits = { ...DEFAULT_LIMITS, ...settings.limits };
    this.limits = this.#room();
    this.requestsAtOnce = format.isSingle ? concurrency : undefined;
    this.#settings = settings;
    this.#exchange = settings.exchange;
  }

  /** As the dispatcher counts: without the frame around the events. */
  #room(): BatchLimits {
    const { maxEvents, maxBytes } = this.#fullLimits;
    if (this.#format.isSingle) return { maxEvents, maxBytes: SINGLE_CLAIM_BYTES };
    return { maxEvents, maxBytes: maxBytes - this.#format.frameBytes };
  }

  closedGate(): Promise<ClosedGate | undefined> {
    return this.#exchange.gate();
  }

  greet(signal: AbortSignal): Promise<TargetGreeting> {
    return this.#exchange.greet(signal, this.#fullLimits);
  }

  wireSize(event: OutboundShape): number {
    return this.#format.wireSize(event);
  }

  unsendable(event: OutboundEvent): string | undefined {
    return this.#format.unsendable(event);
  }

  async prepare(batch: readonly OutboundEvent[]): Promise<ReadyRequest> {
    const { body, headers } = this.#format.compose(batch);
    const compressed = this.#compression.isOn ? await compressBody(body) : undefined;
    return { events: batch, body, headers, compressed };
  }

  async deliver(
    batch: readonly OutboundEvent[],
    signal: AbortSignal,
    mayStillLeave?: () => Promise<boolean>,
    { prepared, onSent }: RequestCourse = {},
  ): Promise<DeliveryReport> {
    const { ack = 'results', now = Date.now } = this.#settings;
    const ready = isReadyFor(batch, prepared) ? prepared : undefined;
    const { body, headers } = ready ?? this.#format.compose(batch);
    const post = {
      body,
      headers: withGeneration(headers, batch),
      signal,
      mayRepeat: mayStillLeave,
      onSent,
    };
    const { exchanged, bytesSent } = this.#compression.isOn
      ? await this.#sendCompressed(post, ready?.compressed)
      : sentAs(post, await this.#exchange.send(post));
    if ('closed' in exchanged) return closedReport(batch.length, exchanged.closed);
    const sentIds = batch.map(({ eventId }) => eventId);
    const { redact } = this.#exchange;
    const options = { ack, now: now(), redact, retiresWhenGone: this.#format.isSingle };
    return reportOf(mapResponse(sentIds, exchanged.answer, options), exchanged, bytesSent);
  }

  async #send(post: BatchPost): Promise<Sent> {
    return sentAs(post, await this.#exchange.send(post));
  }

  /** Once more without compression, where the answer may be about that alone. */
  async #sendCompressed(post: BatchPost, compressed: Buffer | undefined): Promise<Sent> {
    const compression = this.#compression;
    const body = compressed ?? (await compressBody(post.body));
    const headers = { ...post.headers, 'Content-Encoding': 'gzip' };
    const first = await this.#send({ ...post, body, headers });
    if ('closed' in first.exchanged) return first;
    const { answer } = first.exchanged;
    await compression.answered(answer);
    const mayBeRefused = compression.mayBeRefused(answer);
    if (!mayBeRefused || (await post.mayRepeat?.()) === false) return this.#advised(first);
    const second = await this.#send(post);
    if ('closed' in second.exchanged) return first;
    await compression.answeredPlain(second.exchanged.answer);
    return { ...second, bytesSent: first.bytesSent + second.bytesSent };
  }

  #advised(sent: Sent): Sent {
    const { exchanged } = sent;
    if ('closed' in exchanged || exchanged.remark !== undefined) return sent;
    const message = this.#compression.advice(exchanged.answer);
    if (message === undefined) return sent;
    return { ...sent, exchanged: { ...exchanged, remark: { message } } };
  }

  async close(): Promise<void> {
    this.#exchange.close();
  }
}

/** A body that was made before its time, and compressed where bodies were at that time. */
interface ReadyRequest extends PreparedRequest, ComposedRequest {
  readonly compressed: Buffer | undefined;
}

function isReadyFor(
  batch: readonly OutboundEvent[],
  prepared: PreparedRequest | undefined,
): prepared is ReadyRequest {
  if (prepared?.events.length !== batch.length || !('body' in prepared)) return false;
  return prepared.events.every((event, at) => event === batch[at]);
}

interface Sent {
  readonly exchanged: Exchanged;
  readonly bytesSent: number;
}

const sentAs = ({ body }: BatchPost, exchanged: Exchanged): Sent => ({
  exchanged,
  bytesSent: body.length * requestsOf(exchanged),
});

function requestsOf(exchanged: Exchanged): number {
  if ('closed' in exchanged) return 0;
  return (exchanged.answer.requests ?? 1) + (exchanged.sentBefore ?? 0);
}

/** A replay says so: all events of a request are of one generation. */
function withGeneration(
  headers: BatchPost['headers'],
  [first]: readonly OutboundEvent[],
): BatchPost['headers'] {
  const { generation = 1 } = first ?? {};
  return generation > 1 ? { ...headers, 'redrain-generation': String(generation) } : headers;
}

/** What a batch gets when a gate is closed at the moment of the post: nothing left this machine. */
function closedReport(count: number, gate: ClosedGate): DeliveryReport {
  const report = transientForAll(count, wholeText(gate), null, { blocked: gate.reason });
  return { ...report, blockedBy: gate, bytesSent: 0 };
}

const SENT_TWICE =
  'sent twice: the kept connection was reset before an answer, a fresh one was used';

/** The report of one post: what its answer means, and what was sent to get it. */
function reportOf(
  verdict: Omit<DeliveryReport, 'bytesSent'>,
  { answer, remark, stop }: Extract<Exchanged, { answer: HttpAnswer }>,
  bytesSent: number,
): DeliveryReport {
  const { requests = 1 } = answer;
  const told = requests === 1 ? verdict.error : twice(verdict.error);
  const said =
    remark === undefined ? undefined : { ...remark, message: `${told}. ${remark.message}` };
  const error = said === undefined ? told : wholeText(said);
  const report = { ...verdict, bytesSent, ...(said && { blockedBy: said }) };
  const whole = error === undefined ? report : { ...report, error };
  if (stop === undefined) return whole;
  // Whatever was refused is good by now, and so stands in nobody's way.
  const { blocked: _blocked, blockedBy: _blockedBy, ...unblocked } = whole;
  return { ...unblocked, stop };
}

const twice = (error: string | undefined): string =>
  error === undefined ? SENT_TWICE : `${error} (${SENT_TWICE})`;
