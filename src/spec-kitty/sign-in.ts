import { shownAddress } from '../address/shown-address.js';
import type { Secret } from '../config/secret.js';
import { keepLogin, type NewLogin } from './credentials/store.js';
import { surfacesOf } from './surfaces.js';
import type { AskForTokens, TokenAnswer } from './tokens/token-port.js';

/** What proves who somebody is: a password to be exchanged for tokens, or a ready token. */
export type Proof =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'token'; readonly token: Secret };

export interface SignInRequest {
  /** Canonical address. */
  readonly server: string;
  readonly proof: Proof;
  /** Whose ready token it is. */
  readonly user: string | undefined;
  /** Which team it is for; else what the server says. */
  readonly team: string | undefined;
  /** redrain's own credentials file. */
  readonly store: string;
  readonly askForTokens: AskForTokens;
  /** Epoch milliseconds. */
  now(): number;
}

export type SignInResult =
  | { readonly state: 'signed_in'; readonly login: NewLogin }
  /** Nothing was changed; the message says why, for a person. */
  | { readonly state: 'refused' | 'unreachable'; readonly message: string };

/**
 * Has a proof exchanged for tokens and keeps them for the origin of this one
 * server (docs/spec-kitty.md, "Tokens of a Teamspace"). A ready token is kept as it
 * is, and used until the server refuses it.
 *
 * @throws CredentialStoreError, FileBusyError, TomlEditError.
 */
export async function signIn(request: SignInRequest): Promise<SignInResult> {
  const login = await newLogin(request);
  if ('message' in login) return login;
  await keepLogin(request.store, login);
  return { state: 'signed_in', login };
}

type Failure = Extract<SignInResult, { message: string }>;

async function newLogin(request: SignInRequest): Promise<NewLogin | Failure> {
  const { server, proof, user, team } = request;
  const origin = new URL(server).origin;
  if (proof.kind === 'token') {
    const named = { username: textOrNull(user), teamSlug: textOrNull(team) };
    return { ...NEVER_RENEWED, origin, access: proof.token, ...named };
  }
  const { username, password } = proof;
  const askedAt = request.now();
  const url = surfacesOf(server).tokenUrl;
  const answer = await request.askForTokens({ kind: 'login', url, username, password });
  if (answer.kind !== 'granted') return failure(server, answer);
  const { access, refresh, accessLifetimeMs, refreshLifetimeMs, teamSlug } = answer.grant;
  return {
    origin,
    access,
    refresh: refresh ?? null,
    expiresAt: askedAt + accessLifetimeMs,
    refreshExpiresAt: refresh === undefined ? null : askedAt + refreshLifetimeMs,
    username: textOrNull(username),
    teamSlug: textOrNull(team) ?? teamSlug,
  };
}

const NEVER_RENEWED = { refresh: null, expiresAt: null, refreshExpiresAt: null } as const;

function failure(server: string, answer: Exclude<TokenAnswer, { kind: 'granted' }>): Failure {
  const { reason } = answer;
  const name = shownAddress(server);
  if (answer.kind === 'refused') {
    const message = `${name} refused this user and password: ${reason}. Nothing was changed.`;
    return { state: 'refused', message };
  }
  const message = `no tokens could be obtained from ${name}: ${reason}. Nothing was changed; try again.`;
  return { state: 'unreachable', message };
}

const textOrNull = (text: string | undefined): string | null => text?.trim() || null;
