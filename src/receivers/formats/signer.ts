import { createHmac, createSecretKey, type KeyObject, sign } from 'node:crypto';
import type { Secret } from '../../config/secret.js';
import { ed25519PrivateKey } from '../../receive/signature.js';

/** One signature, with its version, of a text and the body behind it. */
type Sign = (head: string, body: Buffer) => string;

/**
 * Signs by Standard Webhooks 1.0, over the bytes of the body: `v1` with a
 * `whsec_` key, `v1a` with a `whsk_` key, one signature for each key in force.
 * Its library takes bodies as text only, and seven times as long.
 */
export class Signer {
  readonly #keys: readonly Sign[];

  /** @throws TypeError for a key of no known kind; the message does not quote it. */
  constructor(secrets: readonly Secret[]) {
    this.#keys = secrets.map((secret) => signatureBy(secret.reveal().trim()));
  }

  /** The value of `webhook-signature`; undefined without a key. */
  signature(id: string, timestamp: string, body: Buffer): string | undefined {
    if (this.#keys.length === 0) return undefined;
    const head = `${id}.${timestamp}.`;
    return this.#keys.map((sign) => sign(head, body)).join(' ');
  }
}

/** Why nothing can be signed with this secret, as the end of a sentence; undefined when it can. */
export function signingFault(secret: Secret): string | undefined {
  try {
    signatureBy(secret.reveal().trim());
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const PREFIXES = /^(whsec_|whsk_)([A-Za-z0-9+/]+={0,2})$/;

function signatureBy(secret: string): Sign {
  const [, prefix, encoded = ''] = PREFIXES.exec(secret) ?? [];
  const key = Buffer.from(encoded, 'base64');
  if (prefix === 'whsec_' && key.length > 0) return hmac(createSecretKey(key));
  if (prefix === 'whsk_' && (key.length === 32 || key.length === 64))
    return ed25519(ed25519PrivateKey(key));
  throw new TypeError(
    'holds no key for signatures: whsec_ or whsk_ and the key in base64, which is of 32 or 64 bytes behind whsk_',
  );
}

const hmac =
  (key: KeyObject): Sign =>
  (head, body) =>
    `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`;

const ed25519 =
  (key: KeyObject): Sign =>
  (head, body) =>
    `v1a,${sign(null, Buffer.concat([Buffer.from(head), body]), key).toString('base64')}`;
