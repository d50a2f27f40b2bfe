import { secretsInAddress } from '../../address/shown-address.js';
import { Secret } from '../../config/secret.js';
import type { ClosedGate } from '../../dispatch/ports.js';
import { plainMessage } from '../../files/trouble.js';
import type { HttpAnswer } from '../../receivers/answer.js';
import type { BatchPost } from '../../receivers/batch-receiver.js';
import { agentHeader, isSendable, teamHeader } from '../../receivers/headers.js';
import { HttpClient } from '../../receivers/http-client.js';
import { oneLine } from '../../receivers/mapping/shown.js';
import { type Redactor, redactorFor } from '../../receivers/redact.js';
import type { TeamspaceReceiverSettings, TokenProvider } from './settings.js';

const HEALTH_DEADLINE_MS = 5_000;

/** The requests made of a Teamspace server, and the tokens they carry. */
export class TeamspaceLine {
  readonly #settings: TeamspaceReceiverSettings;
  readonly #client: HttpClient;
  readonly #tokens: KnownTokens;

  constructor(settings: TeamspaceReceiverSettings) {
    this.#settings = settings;
    this.#tokens = new KnownTokens(secretsInAddress(settings.batchUrl));
    this.#client = new HttpClient(settings.transport);
  }

  /** What to type to log in at this server. */
  get loginCommand(): string {
    return this.#settings.loginCommand ?? 'redrain login';
  }

  /** Hides every token this line has used. */
  get redact(): Redactor {
    return this.#tokens.redact;
  }

  /** The token for the next request, or why there is none. Never rejects. */
  currentToken(): Promise<Secret | ClosedGate> {
    return this.#asked(this.#settings.token);
  }

  /** Another token after a 401, or why there is none; undefined when nobody can know. Never rejects. */
  async renewedToken(): Promise<Secret | ClosedGate | undefined> {
    const { onUnauthorized } = this.#settings;
    return onUnauthorized && this.#asked(onUnauthorized);
  }

  postBatch(post: BatchPost, token: Secret): Promise<HttpAnswer> {
    const agent = agentHeader(this.#settings.version);
    return this.#client.request({
      ...post,
      method: 'POST',
      url: this.#settings.batchUrl,
      headers: { ...agent, ...post.headers, ...this.#identity(token) },
    });
  }

  /** One short request. The token goes along only to the server that the batches go to. */
  getHealth(token: Secret, signal: AbortSignal): Promise<HttpAnswer> {
    const { healthUrl, batchUrl, version, transport } = this.#settings;
    return this.#client.request({
      method: 'GET',
      url: healthUrl,
      headers: {
        Accept: 'application/json',
        'User-Agent': `redrain/${version}`,
        ...(sameOrigin(healthUrl, batchUrl) && this.#identity(token)),
      },
      deadlineMs: Math.min(HEALTH_DEADLINE_MS, transport.deadlineMs ?? HEALTH_DEADLINE_MS),
      signal,
    });
  }

  close(): void {
    this.#client.close();
  }

  /** A provider may read files and ask a server: when that fails there is no token. */
  async #asked(provider: TokenProvider): Promise<Secret | ClosedGate> {
    try {
      const given = await provider();
      if (given === undefined) return this.#noToken(`run \`${this.loginCommand}\``);
      if (!(given instanceof Secret)) return { ...given, message: this.#shown(given.message) };
      if (given.reveal().trim() === '') return this.#noToken(`run \`${this.loginCommand}\``);
      if (!isSendable('Authorization', bearer(given)))
        return this.#noToken('it has characters that HTTP does not allow');
      this.#tokens.add(given);
      return given;
    } catch (error) {
      return this.#noToken(plainMessage(error));
    }
  }

  #noToken(why: string): ClosedGate {
    const message = this.#shown(`there is no usable token: ${why}`);
    return { reason: 'missing_auth', message };
  }

  #shown(text: string): string {
    return oneLine(text, this.redact);
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

/** A late answer may still echo a token that has been replaced since. */
const REMEMBERED = 8;

/** The tokens a receiver has used, so that none of them gets out of an answer. */
export class KnownTokens {
  #tokens: readonly Secret[] = [];
  readonly #others: readonly string[];
  #redact: Redactor;

  /** `others` are hidden as well: keys in the address of the server. */
  constructor(others: readonly string[]) {
    this.#others = others;
    this.#redact = redactorFor(others);
  }

  add(token: Secret): void {
    if (this.#tokens.some((known) => known.reveal() === token.reveal())) return;
    this.#tokens = [...this.#tokens, token].slice(-REMEMBERED);
    this.#redact = redactorFor([...this.#tokens.map((known) => known.reveal()), ...this.#others]);
  }

  get redact(): Redactor {
    return this.#redact;
  }
}
