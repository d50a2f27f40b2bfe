import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { shownAddress } from '../address/shown-address.js';
import type {
  BatchLimits,
  ClosedGate,
  DeliveryReceiver,
  DeliveryReport,
  OutboundEvent,
  OutboundShape,
  Outcome,
  TargetGreeting,
} from '../dispatch/ports.js';
import { plainMessage } from '../files/trouble.js';
import { oneLine } from './mapping/shown.js';
import { transientForAll, type Verdict } from './mapping/verdict.js';
import type { Receiver, ReceiverEvent, ReceiverResult } from './receiver-interface.js';
import { redactorFor } from './redact.js';
import { DEFAULT_LIMITS } from './request-body.js';
import { Deadline } from './transport/deadline.js';

const DEADLINE_MS = 60_000;
/** As those of a server would be: what was returned, and what was thrown. */
const RETURNED = 200;
const THROWN = 500;

export interface ModuleSettings {
  /** The address as configured, for people. */
  readonly endpoint: string;
  /** The file, absolute. */
  readonly file: string;
  /** What stands behind the file in the address, with `?`; empty when nothing does. */
  readonly query: string;
  /** Values that are never shown. */
  readonly secrets: readonly string[];
  /** A variable of the query that is not set. */
  readonly missing?: string | undefined;
  readonly limits?: Partial<BatchLimits>;
  /** Of one call. 60 s when absent. */
  readonly deadlineMs?: number | undefined;
}

/** A receiver of the operator's own, within this process (docs/receivers.md, "module"). */
export class ModuleReceiver implements DeliveryReceiver {
  readonly endpoint: string;
  readonly #settings: ModuleSettings;
  #loaded: Promise<Receiver> | undefined;
  #receiver: Receiver | undefined;

  constructor(settings: ModuleSettings) {
    this.endpoint = shownAddress(settings.endpoint);
    this.#settings = settings;
  }

  /** The module's own, once it is loaded, within what the target allows. */
  get limits(): BatchLimits {
    const { maxEvents, maxBytes } = { ...DEFAULT_LIMITS, ...this.#settings.limits };
    const own = this.#receiver?.limits;
    return { maxEvents: own?.maxEvents ?? maxEvents, maxBytes: own?.maxBytes ?? maxBytes };
  }

  async closedGate(): Promise<ClosedGate | undefined> {
    const { missing } = this.#settings;
    if (missing !== undefined) {
      const message = `the environment variable ${missing} is not set: it should hold a key in the query of ${this.endpoint}`;
      return { reason: 'missing_auth', message };
    }
    try {
      await this.#load();
      return undefined;
    } catch (error) {
      const why = this.#shown(plainMessage(error));
      const message = `the module ${this.endpoint} cannot be used: ${why}`;
      return { reason: 'config_unreadable', message };
    }
  }

  async greet(): Promise<TargetGreeting> {
    return { limits: this.limits };
  }

  wireSize({ size }: OutboundShape): number {
    return size;
  }

  unsendable({ undeliverable }: OutboundEvent): string | undefined {
    return undeliverable ?? undefined;
  }

  async deliver(batch: readonly OutboundEvent[], signal: AbortSignal): Promise<DeliveryReport> {
    const bytesSent = batch.reduce((sum, { bytes }) => sum + bytes.length, 0);
    try {
      const receiver = await this.#load();
      const results = await this.#call(receiver, batch, signal);
      return { ...this.#verdict(batch, results), bytesSent };
    } catch (error) {
      return { ...this.#failed(batch.length, error), bytesSent };
    }
  }

  async close(): Promise<void> {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#loaded = undefined;
    await receiver?.close?.();
  }

  #load(): Promise<Receiver> {
    this.#loaded ??= this.#import();
    return this.#loaded;
  }

  async #import(): Promise<Receiver> {
    const { file, query } = this.#settings;
    // What Node says of it names a file of redrain, and not where the path begins.
    if (!existsSync(file))
      throw new Error(`there is no file ${file}; a relative path begins at config.toml`);
    const loaded = (await import(`${pathToFileURL(file).href}${query}`)) as { default?: unknown };
    if (!isReceiver(loaded.default))
      throw new TypeError('it default-exports no object with a function deliver');
    this.#receiver = loaded.default;
    return loaded.default;
  }

  /** The call is over with its deadline, whether the module looks at the signal or not. */
  async #call(receiver: Receiver, batch: readonly OutboundEvent[], caller: AbortSignal) {
    const { deadlineMs = DEADLINE_MS } = this.#settings;
    const deadline = new Deadline(deadlineMs, caller);
    const { signal } = deadline;
    const { generation = 1 } = batch[0] ?? {};
    try {
      const call = receiver.deliver(batch.map(asReceiverEvent), { signal, generation });
      return await Promise.race([call, whenAborted(signal, deadlineMs)]);
    } finally {
      deadline.release();
    }
  }

  #verdict(batch: readonly OutboundEvent[], results: unknown): Verdict {
    if (results === 'all')
      return { outcomes: batch.map(() => ({ kind: 'success' })), httpStatus: RETURNED };
    if (!Array.isArray(results))
      throw new TypeError('it returned neither "all" nor a list of results');
    const byId = new Map(results.filter(isResult).map((result) => [result.id, result]));
    const outcomes = batch.map(({ eventId }) => this.#outcome(byId.get(eventId)));
    return { outcomes, httpStatus: RETURNED };
  }

  #outcome(result: ReceiverResult | undefined): Outcome {
    if (result === undefined) return { kind: 'transient', reason: 'missing per-event result' };
    const { status } = result;
    const reason = this.#shown(typeof result.reason === 'string' ? result.reason : '');
    switch (status) {
      case 'success':
      case 'duplicate':
        return { kind: status };
      case 'pending':
        return { kind: status, serverState: 'pending' };
      case 'rejected':
      case 'terminal_failed':
      case 'transient':
        return { kind: status, reason: reason || `${status} without a reason` };
      default:
        return { kind: 'transient', reason: `unknown status ${this.#shown(String(status))}` };
    }
  }

  #failed(count: number, error: unknown): Verdict {
    const { name = this.endpoint } = this.#receiver ?? {};
    const { retryAfterMs } = (error ?? {}) as { retryAfterMs?: unknown };
    const isPause = typeof retryAfterMs === 'number' && retryAfterMs >= 0;
    const reason = this.#shown(`${name}: ${plainMessage(error)}`);
    const httpStatus = error instanceof OutOfTimeError ? null : THROWN;
    return transientForAll(count, reason, httpStatus, isPause ? { retryAfterMs } : {});
  }

  #shown(text: string): string {
    return oneLine(text, redactorFor(this.#settings.secrets));
  }
}

class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';
}

function whenAborted(signal: AbortSignal, deadlineMs: number): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(new OutOfTimeError(`no result within ${deadlineMs / 1000} s`));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

const asReceiverEvent = (event: OutboundEvent): ReceiverEvent => ({
  id: event.eventId,
  type: event.eventType,
  time: event.timestamp,
  bytes: event.bytes,
});

const isReceiver = (value: unknown): value is Receiver =>
  typeof (value as { deliver?: unknown } | null | undefined)?.deliver === 'function';

const isResult = (value: unknown): value is ReceiverResult =>
  typeof (value as { id?: unknown } | null | undefined)?.id === 'string';
