import { BadEncodingError, BodyTooLargeError } from './content-decoding.js';
import type { EndedBy } from './deadline.js';

/** What is known of a request that brought no usable answer. */
export interface FailureContext {
  readonly url: URL;
  readonly endedBy: EndedBy | undefined;
  readonly deadlineMs: number;
  readonly maxAnswerBytes: number;
}

/** Node's and OpenSSL's codes in words; `%` stands for the peer. */
const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused by %',
  ECONNRESET: 'connection to % was reset before a complete answer',
  EPIPE: 'connection to % was closed before a complete answer',
  ECONNABORTED: 'connection to % was closed before a complete answer',
  ETIMEDOUT: 'connection to % timed out',
  ENOTFOUND: 'the host of % is unknown',
  EAI_AGAIN: 'the host of % cannot be looked up right now',
  EHOSTUNREACH: 'no route to %',
  ENETUNREACH: 'no network on the way to %',
  EPROTO: 'TLS with % failed: it does not speak TLS, or none that is acceptable',
  CERT_HAS_EXPIRED: 'TLS with % failed: its certificate has expired',
  CERT_NOT_YET_VALID: 'TLS with % failed: its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'TLS with % failed: its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'TLS with % failed: a self-signed certificate is in its chain',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TLS with % failed: its certificate cannot be verified',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TLS with % failed: its issuer is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS with % failed: its certificate is for another host',
};

/**
 * Why a request brought no answer, for a person. Built from codes and our own
 * words; the messages of axios and Node are used for unknown errors only, and
 * never anything that could hold headers or a body.
 */
export function failureReason(error: unknown, context: FailureContext): string {
  const { endedBy, deadlineMs, url } = context;
  if (endedBy === 'deadline') return `no answer from ${url.host} within ${seconds(deadlineMs)}`;
  if (endedBy === 'caller') return `interrupted before ${url.host} answered`;
  if (error instanceof BadEncodingError)
    return `the answer of ${url.host} is unreadable: ${error.message}`;
  if (error instanceof BodyTooLargeError || saysTooLarge(error))
    return `the answer of ${url.host} is larger than ${mebibytes(context.maxAnswerBytes)}`;
  return networkReason(error, url);
}

function networkReason(error: unknown, url: URL): string {
  const cause = rootOf(error);
  const code = typeof cause.code === 'string' ? cause.code : '';
  const words = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (words !== undefined) return words.replace('%', () => peer(cause, url));
  if (code.startsWith('HPE_')) return `${url.host} does not answer in HTTP (${code})`;
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS'))
    return `TLS with ${url.host} failed (${code})`;
  if (cause.message === 'stream has been aborted') return resetMidBody(url);
  return `no usable answer from ${url.host}: ${code || cause.message || 'unknown error'}`;
}

function resetMidBody(url: URL): string {
  return `connection to ${url.host} was closed in the middle of its answer`;
}

type NetworkError = Partial<Error> & { code?: unknown; address?: unknown; port?: unknown };

/** axios wraps Node's error, and Node wraps those of several addresses tried in turn. */
function rootOf(error: unknown): NetworkError {
  const outer: NetworkError = error instanceof Error ? error : {};
  const inner = outer.cause instanceof Error ? (outer.cause as NetworkError) : outer;
  const tried = inner instanceof AggregateError ? inner.errors[0] : undefined;
  return tried instanceof Error ? (tried as NetworkError) : inner;
}

function peer(error: NetworkError, url: URL): string {
  const { address, port } = error;
  if (typeof address !== 'string' || typeof port !== 'number') return url.host;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function saysTooLarge(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('maxContentLength size');
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function mebibytes(bytes: number): string {
  return `${bytes / 1024 / 1024} MiB`;
}
