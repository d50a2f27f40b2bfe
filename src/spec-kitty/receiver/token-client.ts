import { secretsInAddress, shownAddress } from '../../address/shown-address.js';
import type { Secret } from '../../config/secret.js';
import { mayCarryToken } from '../../policy/bearer.js';
import type { CompleteAnswer, HttpAnswer } from '../../receivers/answer.js';
import { HttpClient } from '../../receivers/http-client.js';
import { type JsonObject, readJsonObject } from '../../receivers/mapping/answer-body.js';
import { topLevelError } from '../../receivers/mapping/server-words.js';
import { oneLine } from '../../receivers/mapping/shown.js';
import { type Redactor, redactorFor } from '../../receivers/redact.js';
import type { TransportSettings } from '../../receivers/transport/network.js';
import { secretOf, textOf } from '../credentials/formats.js';
import type { TokenAnswer, TokenRequest } from '../tokens/token-port.js';

const DEADLINE_MS = 30_000;
/** In seconds, when a server does not say (docs/protocol.md). */
const ACCESS_LIFETIME_S = 900;
const REFRESH_LIFETIME_S = 604_800;
/** A lifetime beyond this is a mistake, and would run over the end of the calendar. */
const MAX_LIFETIME_S = 100 * 365 * 86_400;
/** No server takes longer headers; kept, it could make the file of the logins too large to read. */
const MAX_TOKEN_LENGTH = 65_536;

/** What a server answers when the password or refresh token is the trouble. */
const REFUSALS = new Set([400, 401, 403, 422]);

/** How to reach the server, and as which program. */
export interface TokenClientSettings {
  readonly transport: TransportSettings;
  /** Of redrain, for the User-Agent. */
  readonly version: string;
}

/**
 * One POST for tokens, login or refresh (docs/spec-kitty.md, "Tokens of a Teamspace"): to this address
 * alone, never redirected, never in the clear, 30 s at most. Never rejects;
 * what it says of the answer is free of the secret that was sent.
 */
export async function askForTokens(
  request: TokenRequest,
  { transport, version }: TokenClientSettings,
): Promise<TokenAnswer> {
  if (!URL.canParse(request.url) || !mayCarryToken(new URL(request.url)))
    return failed(
      `${shownAddress(request.url)} is not an https address, and nothing secret is sent there`,
    );
  const client = new HttpClient(transport);
  try {
    const answer = await client.request({
      method: 'POST',
      url: request.url,
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/json',
        'User-Agent': `redrain/${version}`,
      },
      body: Buffer.from(JSON.stringify(bodyOf(request))),
      deadlineMs: transport.deadlineMs ?? DEADLINE_MS,
      signal: new AbortController().signal,
    });
    return readAnswer(answer, redactorFor([secretIn(request), ...secretsInAddress(request.url)]));
  } finally {
    client.close();
  }
}

function bodyOf(request: TokenRequest): Readonly<Record<string, string>> {
  if (request.kind === 'refresh') return { refresh: request.refresh.reveal() };
  return { username: request.username, password: request.password.reveal() };
}

const secretIn = (request: TokenRequest): string =>
  (request.kind === 'refresh' ? request.refresh : request.password).reveal();

function readAnswer(answer: HttpAnswer, redact: Redactor): TokenAnswer {
  if ('failure' in answer) return failed(oneLine(answer.failure, redact));
  const body = readJsonObject(answer.body);
  const object = 'object' in body ? body.object : {};
  if (answer.status >= 200 && answer.status <= 299) return granted(answer, object, redact);
  const { line } = topLevelError(answer, object, redact);
  if (REFUSALS.has(answer.status)) return { kind: 'refused', reason: line };
  const isRedirect = answer.status >= 300 && answer.status <= 399;
  return failed(isRedirect ? `${line}, which is not followed` : line);
}

function granted({ status }: CompleteAnswer, body: JsonObject, redact: Redactor): TokenAnswer {
  const access = tokenOf(body.access);
  if (access === undefined) return failed(`HTTP ${status} without a usable access token`);
  const grant = {
    access,
    refresh: tokenOf(body.refresh),
    accessLifetimeMs: lifetimeMs(body.access_lifetime, ACCESS_LIFETIME_S),
    refreshLifetimeMs: lifetimeMs(body.refresh_lifetime, REFRESH_LIFETIME_S),
    teamSlug: teamSlugIn(body, redact),
  };
  return { kind: 'granted', grant };
}

function tokenOf(value: unknown): Secret | undefined {
  const token = secretOf(value);
  return token !== undefined && token.reveal().length <= MAX_TOKEN_LENGTH ? token : undefined;
}

/** A slug is stored and shown: what is none, or echoes what was sent, counts as not given. */
function teamSlugIn(body: JsonObject, redact: Redactor): string | null {
  const slug = textOf(body.team_slug);
  const isUsable = slug !== null && /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(slug) && redact(slug) === slug;
  return isUsable ? slug : null;
}

/** Servers give seconds, some of them as text; what is not a lifetime counts as not given. */
function lifetimeMs(value: unknown, otherwise: number): number {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const isUsable = typeof seconds === 'number' && seconds >= 1 && seconds <= MAX_LIFETIME_S;
  return Math.floor((isUsable ? seconds : otherwise) * 1000);
}

const failed = (reason: string): TokenAnswer => ({ kind: 'failed', reason });
