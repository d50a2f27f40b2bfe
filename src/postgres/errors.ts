import { type StorageTrouble, StorageUnavailableError } from '../files/storage-errors.js';
import { errorCode, plainMessage } from '../files/trouble.js';

/** What SQLSTATE, by its beginning, and codes of the network mean to callers. */
const TROUBLES: [prefix: string, trouble: StorageTrouble][] = [
  ['08', 'unreachable'],
  ['28', 'unreachable'],
  ['3D000', 'unreachable'],
  ['57P', 'unreachable'],
  ['25P03', 'unreachable'],
  ['ECONN', 'unreachable'],
  ['ENOTFOUND', 'unreachable'],
  ['EAI_', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENOENT', 'unreachable'],
  ['ETIMEDOUT', 'unreachable'],
  ['EPIPE', 'unreachable'],
  ['53100', 'full'],
  ['53', 'limit'],
  ['54000', 'limit'],
  ['55P03', 'busy'],
  ['40P01', 'busy'],
  ['40001', 'busy'],
  ['57014', 'busy'],
  ['25006', 'readonly'],
  ['42501', 'forbidden'],
  ['42P01', 'corrupt'],
  ['42703', 'corrupt'],
  ['3F000', 'corrupt'],
  ['XX001', 'corrupt'],
  ['XX002', 'corrupt'],
  ['58', 'io'],
];

/** What the driver says without a code when the other side is gone. */
const ENDED =
  /^(Connection terminated|Client was closed|Client has encountered|timeout expired|Query read timeout|The server does not support SSL|Connection ended)/;

/** Turns an error of server, network or driver into ours where callers act on it; others pass unchanged. */
export function asStorageError(shown: string, error: unknown, detail?: string): unknown {
  const trouble = troubleOf(error);
  if (trouble === undefined) return error;
  return new StorageUnavailableError(shown, trouble, detail ?? messageOf(error), { cause: error });
}

/** True where the connection that reported it can be used no more. */
export function endsConnection(error: unknown): boolean {
  return troubleOf(error) === 'unreachable';
}

/** True where the driver knew that the connection had ended, and sent nothing. */
export function wasNotSent(error: unknown): boolean {
  return /^Client (was closed|has encountered)/.test(plainMessage(error));
}

/** True where the role of the connection lacks a right. */
export function isForbidden(error: unknown): boolean {
  return troubleOf(error) === 'forbidden';
}

/** True for errors that the same work may not meet when it is done again at once. */
export function isPassing(error: unknown): boolean {
  return ['40P01', '40001'].includes(errorCode(error));
}

function troubleOf(error: unknown): StorageTrouble | undefined {
  const code = errorCode(error);
  const known = TROUBLES.find(([prefix]) => code.startsWith(prefix))?.[1];
  return known ?? (ENDED.test(plainMessage(error)) ? 'unreachable' : undefined);
}

/** Several addresses of one host fail with one error that has no message of its own. */
function messageOf(error: unknown): string {
  const { errors } = error as { readonly errors?: readonly unknown[] };
  return plainMessage(errors?.[0] ?? error);
}
