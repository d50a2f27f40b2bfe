import { validateHeaderName, validateHeaderValue } from 'node:http';

/** What every request carries beside what its format says; an operator may set the agent otherwise. */
export function agentHeader(version: string): Record<string, string> {
  return { 'User-Agent': `redrain/${version}` };
}

/** Headers that an operator cannot set, and why: they describe our own body or connection. */
const RESERVED: Readonly<Record<string, string>> = {
  'accept-encoding': 'redrain asks for what it can decode',
  connection: 'redrain keeps its connections',
  'content-encoding': 'it is that of the body redrain sends',
  'content-length': 'it is that of the body redrain sends',
  expect: 'redrain waits for no permission to send a body',
  host: 'it is the host of the endpoint',
  'keep-alive': 'redrain keeps its connections',
  'proxy-authorization': 'user and password of a proxy belong into HTTPS_PROXY',
  'proxy-connection': 'redrain keeps its connections',
  'redrain-generation': 'it says which replay a request belongs to',
  te: 'redrain takes whole answers',
  trailer: 'redrain sends none',
  'transfer-encoding': 'redrain says how long its body is',
  upgrade: 'redrain speaks HTTP/1.1',
};

/** Why this header cannot be set by an operator; undefined for one that is sent as it is set. */
export function reservedBecause(name: string): string | undefined {
  const lowerCase = name.toLowerCase();
  return Object.hasOwn(RESERVED, lowerCase) ? RESERVED[lowerCase] : undefined;
}

/** What is wrong with headers that an operator names: none may be dropped silently. */
export function headersFault(names: readonly string[]): string | undefined {
  const reserved = names.find((name) => reservedBecause(name) !== undefined);
  if (reserved !== undefined)
    return `the header ${reserved} cannot be set: ${reservedBecause(reserved)}`;
  const lowerCase = names.map((name) => name.toLowerCase());
  const twice = names.find((_, i) => lowerCase.indexOf(lowerCase[i] ?? '') < i);
  return twice === undefined ? undefined : `the header ${twice} is set twice`;
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

/** Slugs are ASCII; another one is percent-encoded rather than mangled on the way. */
export function teamHeader(teamSlug: string | undefined): Record<string, string> {
  if (teamSlug === undefined || teamSlug === '') return {};
  const isPlain = /^[\x21-\x7e]+$/.test(teamSlug);
  return { 'X-Team-Slug': isPlain ? teamSlug : encodeURIComponent(teamSlug) };
}
