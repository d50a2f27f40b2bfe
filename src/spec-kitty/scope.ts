import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Who was signed in, as the old program composed its scope from it. */
export interface ScopeParts {
  /** As configured: the old program never parsed it. */
  readonly server: string;
  readonly user: string | null;
  readonly team: string | null;
}

/**
 * Spec Kitty's scope string, byte for byte: `server|user|team`, each part
 * stripped and lower-cased, the server without its slashes at the end, nothing
 * escaped. A known user without a team gets `no-team`; an unknown user leaves
 * both empty.
 */
export function scopeOf({ server, user, team }: ScopeParts): string {
  const name = folded(user ?? '');
  const group = name === '' ? '' : folded(team ?? '') || 'no-team';
  return `${pythonLower(pythonStrip(server).replace(/\/+$/, ''))}|${name}|${group}`;
}

/** True when somebody is known to be signed in; else the old queue is `queue.db`. */
export const hasUser = ({ user }: ScopeParts): boolean => folded(user ?? '') !== '';

/** The first 16 hex digits of the scope's SHA-256: the name of its old queue file. */
export const scopeDigest = (scope: string): string =>
  createHash('sha256').update(scope, 'utf8').digest('hex').slice(0, 16);

/** Where the old program kept the queue of these parts. */
export const queueDbPath = (
  paths: { readonly legacyQueue: string; readonly queuesDir: string },
  parts: ScopeParts,
): string =>
  hasUser(parts)
    ? join(paths.queuesDir, `queue-${scopeDigest(scopeOf(parts))}.db`)
    : paths.legacyQueue;

/**
 * A scope for people and logs: printable ASCII stays, every other code point is
 * `_uXXXX_`, at least four lower-case hex digits. For show only: the digest is
 * of the scope itself.
 */
export const asciiScope = (scope: string): string =>
  scope.replaceAll(
    /[^\x20-\x7e]/gu,
    (character) => `_u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}_`,
  );

const folded = (text: string): string => pythonLower(pythonStrip(text));

/** What Python's `str.isspace` calls space; JavaScript's `trim` differs at both ends. */
const SPACE =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const EDGES = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, 'g');

/** Python's `str.strip()`: also U+001C to U+001F and U+0085, but not U+FEFF. */
export const pythonStrip = (text: string): string => text.replace(EDGES, '');

/**
 * Python's `str.lower()`. JavaScript does the same, special cases included
 * (`İ`, a final `Σ`); compared over every code point against Unicode 14, the
 * two differ only in letters that were encoded later.
 */
export const pythonLower = (text: string): string => text.toLowerCase();
