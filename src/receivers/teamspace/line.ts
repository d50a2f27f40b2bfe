import type { Secret } from '../../config/secret.js';
import type { ClosedGate } from '../../dispatch/ports.js';
import type { HttpAnswer } from '../answer.js';
import { batchHeaders, isSendable, teamHeader } from '../headers.js';
import { HttpClient } from '../http-client.js';
import { oneLine } from '../mapping/shown.js';
import type { Redactor } from '../redact.js';
import { KnownTokens } from './known-tokens.js';
import type { TeamspaceReceiverSettings } from './settings.js';

const HEALTH_DEADLINE_MS = 5_000;

/** What a token provider gave; with neither, it has none to give. */
interface Asked {
  readonly token?: Secret;
  readonly fault?: string;
}

/** The requests made of a Teamspace server, and the tokens they carry. */
export class TeamspaceLine {
  readonly #settings: TeamspaceReceiverSettings;
  readonly #client: HttpClient;
  readonly #tokens = new KnownTokens();

  constructor(settings: TeamspaceReceiverSettings) {
    this.#settings = settings;
    this.#client = new HttpClient(settings.transport);
  }

  /** Hides every token this line has used. */
  get redact(): Redactor {
    return this.#tokens.redact;
  }

  /** The token for the next post, or why there is none to post with. Never rejects. */
  async currentToken(): Promise<Secret | ClosedGate> {
    const { token, fault } = await this.#asked(this.#settings.token);
    if (token !== undefined) return token;
    const message = `there is no usable token: ${fault ?? 'run `redrain login`'}`;
    return { reason: 'missing_auth', message: oneLine(message, this.redact) };
  }

  /** Another token after a 401; undefined when none can be had. Never rejects. */
  async renewedToken(): Promise<Secret | undefined> {
    const { onUnauthorized } = this.#settings;
    return onUnauthorized && (await this.#asked(onUnauthorized)).token;
  }

  postBatch(body: Buffer, token: Secret, signal: AbortSignal): Promise<HttpAnswer> {
    const headers = { ...batchHeaders(this.#settings.version), ...this.#identity(token) };
    return this.#client.request({
      method: 'POST',
      url: this.#settings.batchUrl,
      headers,
      body,
      signal,
    });
  }

  /** One short request. The token goes along only to the server that the batches go to. */
  async getHealth(signal: AbortSignal): Promise<HttpAnswer> {
    const { healthUrl, batchUrl, version } = this.#settings;
    const { token } = sameOrigin(healthUrl, batchUrl)
      ? await this.#asked(this.#settings.token)
      : {};
    return this.#client.request({
      method: 'GET',
      url: healthUrl,
      headers: {
        Accept: 'application/json',
        'User-Agent': `redrain/${version}`,
        ...(token && this.#identity(token)),
      },
      deadlineMs: HEALTH_DEADLINE_MS,
      signal,
    });
  }

  close(): void {
    this.#client.close();
  }

  /** A provider may read files and ask a server: when that fails there is no token. */
  async #asked(provider: () => Promise<Secret | undefined>): Promise<Asked> {
    try {
      const token = await provider();
      if (token === undefined || token.reveal().trim() === '') return {};
      if (!isSendable('Authorization', bearer(token)))
        return { fault: 'it has characters that HTTP does not allow' };
      this.#tokens.add(token);
      return { token };
    } catch (error) {
      return { fault: error instanceof Error ? error.message : String(error) };
    }
  }

  #identity(token: Secret): Record<string, string> {
    return { Authorization: bearer(token), ...teamHeader(this.#settings.teamSlug) };
  }
}

function bearer(token: Secret): string {
  return `Bearer ${token.reveal().trim()}`;
}

function sameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && new URL(one).origin === new URL(other).origin;
}
