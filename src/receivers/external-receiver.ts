import { secretsInAddress, shownAddress } from '../address/shown-address.js';
import type {
  BatchLimits,
  ClosedGate,
  DeliveryReceiver,
  DeliveryReport,
  OutboundEvent,
  OutboundShape,
  TargetGreeting,
} from '../dispatch/ports.js';
import { closedReport } from './closed-report.js';
import { reportOf } from './delivery-report.js';
import { externalGate } from './external/gate.js';
import type { ExternalReceiverSettings } from './external/settings.js';
import { batchHeaders } from './headers.js';
import { HttpClient } from './http-client.js';
import { DEFAULT_LIMITS, roomForEvents } from './limits.js';
import { mapResponse } from './mapper.js';
import { type Redactor, redactorFor } from './redact.js';
import { composeBody, compressBody, wireSize } from './request-body.js';
import { unsendableAsJson } from './unsendable.js';

/** Where the status alone counts, the body is read for a warning and for the next request's sake. */
const BODY_WITHIN_MS = 5_000;

/** The operator's own endpoint: any URL, any headers, the batch protocol (docs/protocol.md). */
export class ExternalReceiver implements DeliveryReceiver {
  readonly endpoint: string;
  readonly limits: BatchLimits;
  readonly #settings: ExternalReceiverSettings;
  readonly #client: HttpClient;
  readonly #redact: Redactor;

  constructor(settings: ExternalReceiverSettings) {
    this.endpoint = shownAddress(settings.endpoint ?? '');
    this.limits = roomForEvents({ ...DEFAULT_LIMITS, ...settings.limits });
    this.#settings = settings;
    this.#client = new HttpClient(settings.transport);
    this.#redact = redactorFor(secretsOf(settings));
  }

  async closedGate(): Promise<ClosedGate | undefined> {
    return externalGate(this.#settings);
  }

  /** Nothing is asked of an endpoint that never offered it. */
  async greet(): Promise<TargetGreeting> {
    return {};
  }

  wireSize(event: OutboundShape): number {
    return wireSize(event);
  }

  unsendable(event: OutboundEvent): string | undefined {
    return unsendableAsJson(event);
  }

  async deliver(
    batch: readonly OutboundEvent[],
    signal: AbortSignal,
    mayStillLeave?: () => Promise<boolean>,
  ): Promise<DeliveryReport> {
    const gate = externalGate(this.#settings);
    if (gate !== undefined) return closedReport(batch.length, gate);
    const { ack = 'results', now = Date.now } = this.#settings;
    const body = await compressBody(composeBody(batch));
    const answer = await this.#client.request({
      method: 'POST',
      url: this.#settings.endpoint ?? '',
      headers: allHeaders(this.#settings),
      body,
      bodyWithinMs: ack === 'status' ? BODY_WITHIN_MS : undefined,
      mayRepeat: mayStillLeave,
      signal,
    });
    const sentIds = batch.map(({ eventId }) => eventId);
    const options = { ack, now: now(), redact: this.#redact };
    return reportOf(mapResponse(sentIds, answer, options), answer, body.length);
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

/** An operator's header goes before ours of the same name, however it is spelled. */
function allHeaders({ headers = {}, version }: ExternalReceiverSettings): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name, value.reveal().trim()]);
  const set = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const ours = Object.entries(batchHeaders(version)).filter(
    ([name]) => !set.has(name.toLowerCase()),
  );
  return Object.fromEntries([...own, ...ours]);
}

/** A query may hold a key just as a header may. */
function secretsOf(settings: ExternalReceiverSettings): string[] {
  const { headers = {}, queryValues = [], endpoint = '' } = settings;
  const values = [...Object.values(headers), ...queryValues].map((value) => value.reveal());
  return [...values, ...secretsInAddress(endpoint)];
}
