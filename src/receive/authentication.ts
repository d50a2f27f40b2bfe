import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal } from './refusal.js';
import { SignatureCheck } from './signature.js';

/** What a sender has to prove. Without both, anybody may send. */
export interface Credentials {
  /** Standard Webhooks secrets; several while one takes the place of another. */
  readonly secret?: string | readonly string[] | undefined;
  /** Bearer tokens; several while one takes the place of another. */
  readonly token?: string | readonly string[] | undefined;
}

/**
 * Decides who may send: one who signs by a secret, or one who has a token. With
 * both configured, either is enough.
 */
export class Authentication {
  readonly #signatures: SignatureCheck | undefined;
  readonly #tokens: readonly Buffer[] | undefined;

  /** @throws TypeError for a secret or token that is given and empty or undefined, or of no known kind. */
  constructor(credentials: Credentials, now: () => number) {
    const secrets = givenValues('secret', credentials);
    this.#signatures = secrets && new SignatureCheck(secrets, now);
    this.#tokens = givenValues('token', credentials)?.map(digest);
  }

  /**
   * Refuses what no body can make genuine: nothing of it is read.
   *
   * @throws Refusal 401.
   */
  checkHead(headers: Headers): void {
    if (this.#isOpen() || this.#hasToken(headers)) return;
    if (this.#signatures === undefined)
      throw unauthorized(
        headers.has('authorization') ? 'the token is not valid here' : 'a Bearer token is required',
      );
    if (signatureHeaders(headers) === undefined)
      throw unauthorized(
        'the headers webhook-id, webhook-timestamp and webhook-signature are required',
      );
  }

  /** @throws Refusal 401 for a body that was signed otherwise. */
  checkBody(headers: Headers, body: Buffer): void {
    if (this.#isOpen() || this.#hasToken(headers)) return;
    const signature = signatureHeaders(headers);
    const fault = signature && this.#signatures?.fault({ ...signature, body });
    if (signature === undefined || fault !== undefined) throw unauthorized(fault ?? 'not signed');
  }

  #isOpen(): boolean {
    return this.#signatures === undefined && this.#tokens === undefined;
  }

  #hasToken(headers: Headers): boolean {
    const given = /^Bearer +(.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
    if (given === undefined || this.#tokens === undefined) return false;
    const wanted = digest(given);
    // Digests are of one length, and all are compared: the time tells nothing.
    return this.#tokens.filter((token) => timingSafeEqual(token, wanted)).length > 0;
  }
}

/** @throws TypeError for credentials that no receiver can use. */
export function assertUsable(credentials: Credentials): void {
  new Authentication(credentials, Date.now);
}

/**
 * A variable that is not set must not open the door: a value that is given has
 * to be one.
 */
function givenValues(
  name: 'secret' | 'token',
  credentials: Credentials,
): readonly string[] | undefined {
  if (!(name in credentials)) return undefined;
  const given = credentials[name];
  const values = typeof given === 'string' ? [given] : (given ?? []);
  if (values.length === 0 || values.some((value) => typeof value !== 'string' || value === ''))
    throw new TypeError(`${name} is given, but is empty or undefined: is its variable set?`);
  return values;
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

function signatureHeaders(headers: Headers) {
  const id = headers.get('webhook-id');
  const timestamp = headers.get('webhook-timestamp');
  const signatures = headers.get('webhook-signature');
  if (!id || !timestamp || !signatures) return undefined;
  return { id, timestamp, signatures };
}

const unauthorized = (reason: string): Refusal =>
  new Refusal(401, reason, { 'www-authenticate': 'Bearer' });
