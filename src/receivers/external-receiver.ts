import { secretsInAddress, shownAddress } from '../address/shown-address.js';
import type { ClosedGate, TargetGreeting } from '../dispatch/ports.js';
import {
  type BatchExchange,
  type BatchPost,
  BatchReceiver,
  type Exchanged,
} from './batch-receiver.js';
import { externalGate } from './external/gate.js';
import type { ExternalReceiverSettings } from './external/settings.js';
import { batchHeaders } from './headers.js';
import { HttpClient } from './http-client.js';
import { type Redactor, redactorFor } from './redact.js';

/** Where the status alone counts, the body is read for a warning and for the next request's sake. */
const BODY_WITHIN_MS = 5_000;

/** The operator's own endpoint: any URL, any headers, the batch protocol (docs/protocol.md). */
export class ExternalReceiver extends BatchReceiver {
  constructor(settings: ExternalReceiverSettings) {
    const { ack, limits, now } = settings;
    const endpoint = shownAddress(settings.endpoint ?? '');
    super({ endpoint, ack, limits, now, exchange: new EndpointExchange(settings) });
  }
}

/** Posts with the headers that the operator has set. */
class EndpointExchange implements BatchExchange {
  readonly redact: Redactor;
  readonly #settings: ExternalReceiverSettings;
  readonly #client: HttpClient;

  constructor(settings: ExternalReceiverSettings) {
    this.#settings = settings;
    this.#client = new HttpClient(settings.transport);
    this.redact = redactorFor(secretsOf(settings));
  }

  async gate(): Promise<ClosedGate | undefined> {
    return externalGate(this.#settings);
  }

  /** Nothing is asked of an endpoint that never offered it. */
  async greet(): Promise<TargetGreeting> {
    return {};
  }

  async send(post: BatchPost): Promise<Exchanged> {
    const closed = externalGate(this.#settings);
    if (closed !== undefined) return { closed };
    const answer = await this.#client.request({
      ...post,
      method: 'POST',
      url: this.#settings.endpoint ?? '',
      headers: allHeaders(this.#settings),
      bodyWithinMs: this.#settings.ack === 'status' ? BODY_WITHIN_MS : undefined,
    });
    return { answer };
  }

  close(): void {
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
