import { BadEncodingError, BodyTooLargeError } from '../../base/content-decoding.js';
import type { FailureKind } from '../answer.js';
import { StalledBodyError } from './answer-body.js';
import type { EndedBy } from './deadline.js';
import type { ChosenProxy, Route } from './proxy-choice.js';
import { named, ProxyError, refusedTunnel, shownProxy } from './tunnel.js';

/** What is known of a request that brought no usable answer. */
export interface FailureContext {
  readonly url: URL;
  /** The way the request took. */
  readonly route: Route;
  readonly endedBy: EndedBy | undefined;
  readonly deadlineMs: number;
  readonly maxAnswerBytes: number;
  /** True where a client certificate is configured. */
  readonly showsCertificate?: boolean;
}

/** Node's codes in words; `%` stands for the peer. */
const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused by %',
  ECONNRESET: 'connection to % was reset before a complete answer',
  EPIPE: 'connection to % was closed before a complete answer',
  ECONNABORTED: 'connection to % was closed before a complete answer',
  ETIMEDOUT: 'connection to % timed out',
  ENOTFOUND: 'the host % is unknown',
  EAI_AGAIN: 'the host % cannot be looked up right now',
  EAI_FAIL: 'the host % cannot be looked up',
  EHOSTUNREACH: 'no route to %',
  EHOSTDOWN: 'the host % is down',
  ENETUNREACH: 'no network on the way to %',
  ENETDOWN: 'the network of this machine is down, on the way to %',
  EADDRNOTAVAIL: 'this machine has no address or port left to reach % from',
  EACCES: 'this machine does not let us connect to %',
  EPERM: 'this machine does not let us connect to %',
  EMFILE: 'this process has too many files open to connect to %',
  ENFILE: 'this machine has too many files open to connect to %',
  ERR_INVALID_CHAR: 'the request to % cannot be sent: a header has characters HTTP does not allow',
  HPE_HEADER_OVERFLOW: '% sends more headers than anybody reads',
  OTHER_PROTOCOL: '% goes over to another protocol, for which nobody asked',
};

/**
 * Why a request brought no answer, for a person: who is to blame, in words.
 * Built from codes and our own words; the messages of Node are used
 * for unknown errors only, and never anything that could hold headers or a body.
 */
export function failureReason(error: unknown, context: FailureContext): string {
  const { endedBy, deadlineMs, url, route } = context;
  const way = wayOf(route);
  if (endedBy === 'deadline')
    return `no answer from ${url.host} within ${seconds(deadlineMs)}${way}`;
  if (endedBy === 'caller') return `interrupted before ${url.host} answered`;
  const body = bodyReason(error, context);
  if (body !== undefined) return body;
  const proxy = proxyErrorIn(error);
  if (proxy !== undefined) return proxyReason(proxy, url.host);
  return `${networkReason(rootOf(error), url.host, context.showsCertificate)}${way}`;
}

const ROUTE_CODES =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|ETIMEDOUT|EACCES|EPERM)$/;
const CUT_CODES = /^(ECONNRESET|EPIPE|ECONNABORTED)$/;

/** The same for programs: where on its way the request failed. */
export function failureKind(error: unknown, context: FailureContext): FailureKind {
  if (context.endedBy !== undefined) return 'time';
  if (bodyReason(error, context) !== undefined) return 'answer';
  if (proxyErrorIn(error) !== undefined) return 'proxy';
  const root = rootOf(error);
  const code = typeof root.code === 'string' ? root.code : '';
  if (ROUTE_CODES.test(code)) return 'route';
  if (isPlainToTls(root) || tlsFailure(root) !== undefined || beforeTls(root)) return 'tls';
  return CUT_CODES.test(code) || /aborted/.test(root.message ?? '') ? 'cut' : 'answer';
}

function bodyReason(error: unknown, { url, maxAnswerBytes }: FailureContext): string | undefined {
  if (error instanceof BadEncodingError)
    return `the answer of ${url.host} is unreadable: ${error.message}`;
  if (error instanceof BodyTooLargeError)
    return `the answer of ${url.host} is larger than ${mebibytes(maxAnswerBytes)}`;
  if (error instanceof StalledBodyError) return `the answer of ${url.host} stopped coming`;
  return undefined;
}

/** Through which proxy, or around which: what an operator has to know to look in the right place. */
function wayOf({ proxy, exempt }: Route): string {
  if (proxy !== undefined) return throughProxy(proxy);
  return exempt === undefined ? '' : `, directly: ${exempt.by} exempts it from ${exempt.proxy}`;
}

/** Nothing when the variable holds no address: then that is the reason itself. */
function throughProxy(proxy: ChosenProxy): string {
  const shown = shownProxy(proxy);
  return shown === undefined ? '' : `, through ${named(shown)}`;
}

function proxyReason({ proxy, status, cause }: ProxyError, target: string): string {
  if (status !== undefined) return refusedTunnel(proxy, status, target);
  const why = networkReason(rootOf(cause), named(proxy));
  return `${why}; nothing reached ${target}. Look at ${proxy.variable}, or name the host in NO_PROXY to go around the proxy`;
}

function networkReason(error: NetworkError, peer: string, showsCertificate = false): string {
  const code = typeof error.code === 'string' ? error.code : '';
  if (beforeTls(error)) return `connection to ${peer} was closed before TLS was established`;
  if (error.message === 'aborted')
    return `connection to ${peer} was closed in the middle of its answer`;
  const words = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (words !== undefined) return words.replace('%', () => addressOf(error) ?? peer);
  if (code.startsWith('HPE_')) return notHttp(error, peer);
  const tls = tlsFailure(error, showsCertificate);
  if (tls !== undefined) return `TLS with ${peer} failed: ${tls}`;
  return `no usable answer from ${peer}: ${error.message || 'the reason is not known'}`;
}

function notHttp(error: NetworkError, peer: string): string {
  return isPlainToTls(error)
    ? `${peer} speaks TLS: its address must begin with https://`
    : `${peer} does not answer in HTTP: is it the right port?`;
}

/** A TLS server that is spoken to in plain HTTP answers with an alert, a record of type 21. */
const isPlainToTls = ({ rawPacket }: NetworkError): boolean =>
  Buffer.isBuffer(rawPacket) && rawPacket[0] === 21;

const beforeTls = ({ message = '' }: NetworkError): boolean =>
  /before secure TLS connection/.test(message);

type NetworkError = Partial<Error> & {
  code?: unknown;
  address?: unknown;
  port?: unknown;
  cert?: unknown;
  rawPacket?: unknown;
};

/** We wrap Node's error, and Node wraps those of several addresses tried in turn. */
function rootOf(error: unknown): NetworkError {
  const outer: NetworkError = error instanceof Error ? error : {};
  const inner = outer.cause instanceof Error ? (outer.cause as NetworkError) : outer;
  const tried = inner instanceof AggregateError ? inner.errors[0] : undefined;
  return tried instanceof Error ? (tried as NetworkError) : inner;
}

function proxyErrorIn(error: unknown): ProxyError | undefined {
  if (error instanceof ProxyError) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ProxyError ? cause : undefined;
}

/** The address that was tried, where Node tells it; a proxy is known by its name. */
function addressOf({ address, port }: NetworkError): string | undefined {
  if (typeof address !== 'string' || typeof port !== 'number') return undefined;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function mebibytes(bytes: number): string {
  return `${bytes / 1024 / 1024} MiB`;
}

/** What is known of an error of TLS. */
export interface TlsError {
  readonly code?: unknown;
  readonly message?: string;
  /** With a certificate for another host: what it is for. */
  readonly cert?: unknown;
}

const CA_FILE =
  'if it is the right one, name a file with its issuer in config.toml: [sync.http] ca_file = "FILE.pem"';

/** What is wrong with a certificate, by the code of the check that failed. */
const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired, or the clock of this machine is wrong',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or the clock of this machine is wrong',
  CERT_REVOKED: 'its certificate was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: `its certificate is self-signed; ${CA_FILE}`,
  SELF_SIGNED_CERT_IN_CHAIN: `a self-signed certificate is in its chain; ${CA_FILE}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its certificate cannot be verified, an issuer is missing; ${CA_FILE}`,
  UNABLE_TO_GET_ISSUER_CERT: `the issuer of its certificate is not known here; ${CA_FILE}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `its issuer is not trusted here; ${CA_FILE}`,
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
  INVALID_CA: 'its certificate was issued by one that may not issue any',
  INVALID_PURPOSE: 'its certificate is not for servers',
  CERT_CHAIN_TOO_LONG: 'the chain of its certificate is too long',
  CERT_REJECTED: 'its certificate is not accepted',
  CERT_UNTRUSTED: 'its certificate is not trusted',
  HOSTNAME_MISMATCH: 'its certificate is for another host',
};

const CLIENT_CERTIFICATE =
  'it wants a client certificate, and redrain sends none: set client_cert and client_key of the target';

const NO_HANDSHAKE =
  'it refused the handshake: most often it wants a client certificate (redrain sends none: set client_cert and client_key of the target), or no cipher is shared';

/** What OpenSSL says of a handshake, in words. The first that matches counts. */
const HANDSHAKES: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/certificate.required/i, CLIENT_CERTIFICATE],
  [/alert.(bad|unknown|unsupported).(certificate|ca)/i, 'it does not accept our certificate'],
  [/handshake.failure/i, NO_HANDSHAKE],
  [/protocol.version|unsupported.protocol/i, 'no version of TLS is shared (1.2 and 1.3 are ours)'],
  [/unrecognized.name/i, 'it knows no host of this name'],
  [/access.denied/i, 'it denies access at the TLS level'],
  [
    /wrong.version.number|packet.length.too.long|http.request|record.layer.failure|bad.record.type/i,
    'it does not speak TLS there: is it an http:// address, or another port?',
  ],
];

/** The same where one is configured. */
const OTHER_CERTIFICATE: ReadonlyMap<string, string> = new Map([
  [CLIENT_CERTIFICATE, 'it wants a client certificate, and took ours for none'],
  [
    NO_HANDSHAKE,
    'it refused the handshake: most often it does not accept our client certificate, or no cipher is shared',
  ],
]);

/** Why TLS with a peer failed, in words; undefined when the error is not one of TLS. */
export function tlsFailure(error: TlsError, showsCertificate = false): string | undefined {
  const code = typeof error.code === 'string' ? error.code : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return anotherHost(error.cert);
  if (Object.hasOwn(CERTIFICATES, code)) return CERTIFICATES[code];
  const text = `${code} ${error.message ?? ''}`;
  if (code !== 'EPROTO' && !/^ERR_(SSL|TLS)/.test(code)) return undefined;
  const known = HANDSHAKES.find(([pattern]) => pattern.test(text))?.[1];
  const words = showsCertificate && known !== undefined ? OTHER_CERTIFICATE.get(known) : undefined;
  return words ?? known ?? `the handshake did not work${alertOf(text)}`;
}

/** The names a certificate is for, as it lists them, bounded and printable. */
function anotherHost(cert: unknown): string {
  const { subjectaltname } = (cert ?? {}) as { subjectaltname?: unknown };
  const names = typeof subjectaltname === 'string' ? namesIn(subjectaltname) : [];
  const others = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const listed = names.length === 0 ? '' : ` (${names.slice(0, 3).join(', ')}${others})`;
  return `its certificate is for another host${listed}`;
}

function namesIn(subjectAltName: string): string[] {
  return subjectAltName
    .split(/, ?/)
    .map((name) => name.replace(/^(DNS|IP Address):/, ''))
    .filter((name) => /^[\w.*:-]{1,253}$/.test(name));
}

/** The number of an alert is the same in every TLS library; its name here is OpenSSL's. */
function alertOf(text: string): string {
  const number = /SSL alert number (\d+)/.exec(text)?.[1];
  return number === undefined ? '' : ` (TLS alert ${number})`;
}
