import { validateHeaderName, validateHeaderValue } from 'node:http';

/** What every batch carries, whoever it goes to (WIRE.md, "Request"). */
export function batchHeaders(version: string): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'Content-Encoding': 'gzip',
    'User-Agent': `redrain/${version}`,
  };
}

/** Headers that describe our own body or connection: an operator's must not contradict them. */
const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'transfer-encoding',
  'user-agent',
]);

export function isReserved(name: string): boolean {
  return RESERVED.has(name.toLowerCase());
}

/** Whether HTTP can carry this name and this value at all. */
export function isSendable(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** True for what must not travel in the clear: credentials by header name, or a Bearer token. */
export function isCredential(name: string, value: string): boolean {
  return /^(proxy-)?authorization$/i.test(name) || /^bearer\s/i.test(value);
}

/** Slugs are ASCII; another one is percent-encoded rather than mangled on the way. */
export function teamHeader(teamSlug: string | undefined): Record<string, string> {
  if (teamSlug === undefined || teamSlug === '') return {};
  const isPlain = /^[\x21-\x7e]+$/.test(teamSlug);
  return { 'X-Team-Slug': isPlain ? teamSlug : encodeURIComponent(teamSlug) };
}
