import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { shownAddress } from '../address/shown-address.js';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { visible } from '../base/visible.js';
import type { TargetKind } from './registry.js';

/** No target can be made of this text. The message shows it without secrets. */
export class UnusableUrlError extends RedrainError {
  override readonly name = 'UnusableUrlError';
  readonly code = 'URL_UNUSABLE';
  override readonly exitCode = EXIT.usage;
  constructor(
    readonly shownUrl: string,
    readonly reason: string,
  ) {
    super(
      `${shownUrl === '' ? 'an empty text' : shownUrl} cannot be used as an address: ${reason}`,
    );
  }
}

/** Addresses that are answered within redrain, by their kind; every other one is `external`. */
const WITHIN: readonly (readonly [kind: TargetKind, address: RegExp])[] = [
  ['stub', /^stub:[a-z0-9_-]*$/],
  ['module', /^module:/],
];

/**
 * The one spelling of an address that decides whether two are the same
 * target: scheme and host in lower case, IDN as punycode, no default port, no
 * slash at the end of the path, no fragment; path and query are kept.
 * Surrounding blanks are dropped. `stub:` and `stub:NAME` name the receiver
 * within redrain, `module:./FILE` one of the operator's own.
 *
 * @throws UnusableUrlError for everything but http, https, stub and module, for user
 * and password in the address, and for text no browser would follow as written.
 */
export function canonicalUrl(text: string): string {
  const given = text.trim();
  if (/^module:/i.test(given)) return canonicalModule(given);
  if (isWithinRedrain(given.toLowerCase())) return given.toLowerCase();
  const url = parse(given);
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}${url.search}`;
}

/** The kind whose canonical address is answered within redrain; undefined for all others. */
export const kindWithin = (canonical: string): TargetKind | undefined =>
  WITHIN.find(([, address]) => address.test(canonical))?.[0];

/** True for an address that is answered within redrain, in its canonical form. */
export const isWithinRedrain = (canonical: string): boolean => kindWithin(canonical) !== undefined;

/** The file that the address of a module names, as written, and what stands behind it, with its `?`. */
export function moduleFile(address: string): { readonly path: string; readonly query: string } {
  const [, path = '', query = ''] = /^module:([^?#]*)(\?[^#]*)?/i.exec(address.trim()) ?? [];
  return { path, query };
}

/** A file beside the configuration is the same file wherever both are moved. */
function canonicalModule(given: string): string {
  const { path, query } = moduleFile(given);
  if (/[\p{Cc}]/u.test(given)) throw new UnusableUrlError(withoutSecrets(given), UNREADABLE);
  if (!/^\.{0,2}\//.test(path) || path.endsWith('/'))
    throw new UnusableUrlError(
      withoutSecrets(given),
      'it must name a file: module:./receiver.mjs.',
    );
  const short = posix.normalize(path);
  return `module:${/^\.{0,2}\//.test(short) ? short : `./${short}`}${query}`;
}

const UNREADABLE = 'it holds control characters.';

/** SHA-256 of a canonical address, in hex: half of a target's identity. */
export const urlHash = (canonical: string): string =>
  createHash('sha256').update(canonical, 'utf8').digest('hex');

function parse(given: string): URL {
  const problem = problemOf(given);
  if (problem !== undefined) throw new UnusableUrlError(withoutSecrets(given), problem);
  try {
    return new URL(given);
  } catch {
    throw new UnusableUrlError(withoutSecrets(given), 'host or port are not valid.');
  }
}

/** What `URL` would correct or accept without a word: rejected, as a guess may be wrong. */
function problemOf(given: string): string | undefined {
  if (!/^https?:\/\//i.test(given)) return 'it must start with https:// or http://.';
  if (/[\s\p{Cc}\\]/u.test(given)) return 'it holds blanks, control characters or backslashes.';
  const authority = /^[^/]*\/\/([^/?#]*)/.exec(given)?.[1] ?? '';
  if (authority === '') return 'it names no host.';
  if (authority.includes('@')) {
    return 'it holds a user or password; keep them in a variable, and name that in auth_env or a header.';
  }
  return undefined;
}

/** One short line, without what an address hides. */
const withoutSecrets = (given: string): string => visible(shownAddress(given)).slice(0, 200);

/** The origin credentials are filed under, or undefined when the address is unusable. */
export function originOf(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  try {
    const canonical = canonicalUrl(url);
    return isWithinRedrain(canonical) ? undefined : new URL(canonical).origin;
  } catch {
    return undefined;
  }
}
