import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  timingSafeEqual,
  verify,
} from 'node:crypto';

/** Clocks may differ by so much (Standard Webhooks). */
const TOLERANCE_S = 5 * 60;
/** Of one request: a sender that changes its secret gives two. */
const MAX_SIGNATURES = 8;

/** What a signature is about, and the signatures: three headers and the decoded body. */
export interface SignedRequest {
  readonly id: string;
  /** Seconds since 1970, as the header says it. */
  readonly timestamp: string;
  /** `v1,BASE64` and `v1a,BASE64`, divided by blanks. */
  readonly signatures: string;
  readonly body: Buffer;
}

/** Decides on the signatures of one request; what they have in common is computed once. */
type Check = (signed: Buffer) => (signature: string) => boolean;

interface SecretKind {
  readonly version: 'v1' | 'v1a';
  readonly check: Check;
}

/**
 * Verifies Standard Webhooks signatures by any of several secrets: `whsec_…`
 * (HMAC, `v1`), `whpk_…` or `whsk_…` (Ed25519, `v1a`). The body is signed as its
 * bytes, and the time is accepted in one spelling only: nothing that was changed
 * on the way passes for what was sent.
 */
export class SignatureCheck {
  readonly #secrets: readonly SecretKind[];
  readonly #now: () => number;

  /** @throws TypeError for a secret of no known kind; the message does not quote it. */
  constructor(secrets: readonly string[], now: () => number) {
    this.#secrets = secrets.map(secretKind);
    this.#now = now;
  }

  /** Why the request is refused, or undefined for one that is genuine. */
  fault(request: SignedRequest): string | undefined {
    const stale = this.#timeFault(request.timestamp);
    if (stale !== undefined) return stale;
    const signed = Buffer.concat([
      Buffer.from(`${request.id}.${request.timestamp}.`),
      request.body,
    ]);
    const signatures = request.signatures.split(' ').slice(0, MAX_SIGNATURES);
    const isGenuine = this.#secrets.some(({ version, check }) => {
      const given = signatures.filter((one) => one.startsWith(`${version},`));
      return given.length > 0 && given.map(withoutVersion).some(check(signed));
    });
    return isGenuine
      ? undefined
      : 'no signature matches: the secret differs, or the request was changed';
  }

  #timeFault(timestamp: string): string | undefined {
    if (!/^[1-9]\d{0,11}$/.test(timestamp)) return 'webhook-timestamp is not in seconds since 1970';
    const differsBy = Math.floor(this.#now() / 1000) - Number(timestamp);
    if (Math.abs(differsBy) <= TOLERANCE_S) return undefined;
    const direction = differsBy > 0 ? 'old' : 'far in the future';
    return `webhook-timestamp is too ${direction}: the clocks differ by ${Math.abs(differsBy)} s`;
  }
}

const withoutVersion = (versioned: string): string => versioned.slice(versioned.indexOf(',') + 1);

function secretKind(secret: string): SecretKind {
  const [, prefix, encoded = ''] = /^(whsec_|whpk_|whsk_)?(.*)$/s.exec(secret) ?? [];
  if (encoded === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) throw unusable();
  const key = Buffer.from(encoded, 'base64');
  if (prefix === 'whpk_') return { version: 'v1a', check: ed25519(publicKey(key)) };
  if (prefix === 'whsk_')
    return { version: 'v1a', check: ed25519(createPublicKey(ed25519PrivateKey(key))) };
  return { version: 'v1', check: hmac(key) };
}

const unusable = (): TypeError =>
  new TypeError('a secret must be whsec_, whpk_ or whsk_ followed by a key in base64');

function hmac(key: Buffer): Check {
  return (signed) => {
    const expected = createHmac('sha256', key).update(signed).digest('base64');
    return (signature) => isSame(expected, signature);
  };
}

/** Takes as long for any two texts of one length. */
function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function ed25519(key: KeyObject): Check {
  return (signed) => (signature) => {
    const bytes = Buffer.from(signature, 'base64');
    return bytes.toString('base64') === signature && verify(null, signed, key, bytes);
  };
}

/** What stands before the 32 bytes of a key in DER: Node takes no bare keys. */
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

function publicKey(key: Buffer): KeyObject {
  if (key.length !== 32) throw unusable();
  const der = Buffer.concat([PUBLIC_PREFIX, key]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** 32 bytes, or 64 when the public key follows. */
export function ed25519PrivateKey(key: Buffer): KeyObject {
  if (key.length !== 32 && key.length !== 64) throw unusable();
  const der = Buffer.concat([PRIVATE_PREFIX, key.subarray(0, 32)]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
