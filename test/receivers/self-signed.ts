import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A key and a certificate for 127.0.0.1 (and `host`) that nobody has signed but itself, as PEM. */
export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

/** When a certificate is valid, in days from now; from yesterday to tomorrow unless said otherwise. */
export interface Validity {
  readonly from?: number;
  readonly until?: number;
  /** A host name beside 127.0.0.1. */
  readonly host?: string;
}

/** Made again for each run, so that no private key is kept anywhere. */
export function selfSigned(validity: Validity = {}): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = certificateBody(publicKey, validity);
  const signature = sign('sha256', body, privateKey);
  const cert = der(0x30, body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem(cert),
  };
}

const ECDSA_SHA256 = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex'));
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');

function certificateBody(publicKey: KeyObject, { from = -1, until = 1, host }: Validity): Buffer {
  const name = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from('loopback')))));
  const day = 24 * 3600 * 1000;
  return der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ECDSA_SHA256,
    name,
    der(0x30, time(Date.now() + from * day), time(Date.now() + until * day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, authority(), alternativeNames(host))),
  );
}

/** `CA:TRUE`: trusted as its own issuer. */
function authority(): Buffer {
  return der(0x30, BASIC_CONSTRAINTS, der(0x04, der(0x30, der(0x01, Buffer.from([0xff])))));
}

function alternativeNames(host: string | undefined): Buffer {
  const address = der(0x87, Buffer.from([127, 0, 0, 1]));
  const names = host === undefined ? [address] : [address, der(0x82, Buffer.from(host))];
  return der(0x30, SUBJECT_ALT_NAME, der(0x04, der(0x30, ...names)));
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
