import { secretsInAddress, shownAddress } from '../address/shown-address.js';
import type { ClosedGate, TargetGreeting } from '../dispatch/ports.js';
import { isLoopback } from '../policy/bearer.js';
import {
  type BatchExchange,
  type BatchPost,
  BatchReceiver,
  type Exchanged,
} from './batch-receiver.js';
import { Compression } from './compression.js';
import { externalGate } from './external/gate.js';
import type { ExternalReceiverSettings } from './external/settings.js';
import type { RequestFormat } from './formats/format.js';
import { formatOf } from './formats/formats.js';
import { signingFault } from './formats/signer.js';
import { agentHeader } from './headers.js';
import { HttpClient } from './http-client.js';
import { type Redactor, redactorFor } from './redact.js';

/** Where the status alone counts, the body is read for a warning and for the next request's sake. */
const BODY_WITHIN_MS = 5_000;

/** The operator's own endpoint: any URL, any headers, any format (docs/receivers.md). */
export class ExternalReceiver extends BatchReceiver {
  constructor(settings: ExternalReceiverSettings) {
    const { endpoint = '', ack, limits, now, concurrency } = settings;
    const format = usableFormat(settings);
    super({
      endpoint: shownAddress(endpoint),
      format,
      ack,
      limits,
      now,
      concurrency,
      compression: new Compression({
        setting: settings.compression,
        pays: format.isCompressible && !isOnThisMachine(endpoint),
        readsGzip: settings.readsGzip,
        learned: settings.learnedGzip,
      }),
      exchange: new EndpointExchange(settings, format),
    });
  }
}

/** Keys that cannot sign close the gate, so that nothing leaves unsigned. */
function usableFormat(settings: ExternalReceiverSettings): RequestFormat {
  const { format, mode, frame, source = '/redrain', sender, now = Date.now } = settings;
  const secrets = (settings.secrets ?? []).map(({ value }) => value);
  const usable = secrets.filter((secret) => signingFault(secret) === undefined);
  return formatOf({
    ...{ format, mode, frame, secrets: usable, source, now },
    ...(sender && { sender }),
  });
}

function isOnThisMachine(endpoint: string): boolean {
  return URL.canParse(endpoint) && isLoopback(new URL(endpoint).hostname);
}

/** Posts with the headers that the operator has set. */
class EndpointExchange implements BatchExchange {
  readonly redact: Redactor;
  readonly #settings: ExternalReceiverSettings;
  readonly #format: RequestFormat;
  readonly #client: HttpClient;
  readonly #headers: OwnHeaders;
  /** Settings, secrets and files are those of the beginning: one look is enough. */
  #gate: { readonly closed: ClosedGate | undefined } | undefined;

  constructor(settings: ExternalReceiverSettings, format: RequestFormat) {
    this.#settings = settings;
    this.#format = format;
    this.#client = new HttpClient(settings.transport);
    this.#headers = new OwnHeaders(settings);
    this.redact = redactorFor(secretsOf(settings));
  }

  async gate(): Promise<ClosedGate | undefined> {
    this.#gate = { closed: externalGate(this.#settings, this.#format) };
    return this.#gate.closed;
  }

  /** Nothing is asked of an endpoint that never offered it. */
  async greet(): Promise<TargetGreeting> {
    return {};
  }

  async send({ headers, body, signal, mayRepeat, onSent }: BatchPost): Promise<Exchanged> {
    const closed = this.#gate === undefined ? await this.gate() : this.#gate.closed;
    if (closed !== undefined) return { closed };
    const answer = await this.#client.request({
      method: 'POST',
      url: this.#settings.endpoint ?? '',
      headers: this.#headers.unset(headers),
      standing: this.#headers.standing,
      body,
      signal,
      mayRepeat,
      onSent,
      bodyWithinMs: this.#settings.ack === 'status' ? BODY_WITHIN_MS : undefined,
    });
    return { answer };
  }

  close(): void {
    this.#client.close();
  }
}

/** What every request carries. An operator's header goes before ours of the same name, however it is spelled. */
class OwnHeaders {
  /** Those that no request changes. */
  readonly standing: BatchPost['headers'];
  readonly #set: ReadonlySet<string>;

  constructor({ headers = {}, version }: ExternalReceiverSettings) {
    const theirs = Object.entries(headers).map(([name, value]) => [name, value.reveal().trim()]);
    this.#set = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    this.standing = { ...Object.fromEntries(theirs), ...this.unset(agentHeader(version)) };
  }

  /** Those of ours that the operator has not set. */
  unset(headers: BatchPost['headers']): BatchPost['headers'] {
    if (this.#set.size === 0) return headers;
    const names = Object.entries(headers).filter(([name]) => !this.#set.has(name.toLowerCase()));
    return Object.fromEntries(names);
  }
}

/** A query may hold a key just as a header may. */
function secretsOf(settings: ExternalReceiverSettings): string[] {
  const {
    headers = {},
    queryValues = [],
    frameValues = [],
    secrets = [],
    endpoint = '',
  } = settings;
  const named = [...Object.values(headers), ...queryValues, ...secrets.map(({ value }) => value)];
  const all = [...named, ...frameValues];
  return [...all.map((value) => value.reveal()), ...secretsInAddress(endpoint)];
}
