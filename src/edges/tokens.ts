import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { nameFault } from '../config/target-name.js';

/** A token of an edge, as the file of tokens has it: never the token itself. */
export interface EdgeToken {
  readonly name: string;
  /** Of the token, in hexadecimal. */
  readonly sha256: string;
  /** The only home that may use it; null: the first that does. */
  readonly home: string | null;
}

const FILE_HEAD = `# Tokens of edges, one on each line: name, SHA-256 of the token, and the home id if only one may use it.
# redrain edges token add NAME makes one; a line that is removed revokes it at once.
`;

/** The tokens in the text of a file, or what is wrong with it. */
export function parseTokens(text: string): readonly EdgeToken[] | string {
  const tokens: EdgeToken[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    if (words[0] === '') continue;
    const [name = '', sha256 = '', home = null, ...more] = words;
    const fault =
      nameFault(name) ??
      (/^[0-9a-f]{64}$/i.test(sha256) ? undefined : 'the second word is no SHA-256') ??
      (more.length === 0 ? undefined : 'it has more than three words') ??
      (tokens.some((one) => one.name === name) ? `${name} stands there twice` : undefined);
    if (fault !== undefined) return `line ${at + 1}: ${fault}`;
    tokens.push({ name, sha256: sha256.toLowerCase(), home });
  }
  return tokens;
}

/** A new token, and its line. The token is shown once, and is nowhere from then on. */
export function newToken(name: string, home: string | null): { token: string; entry: EdgeToken } {
  const token = `rdt_${randomBytes(32).toString('base64url')}`;
  return { token, entry: { name, sha256: digestOf(token), home } };
}

/** The text of a file with one token more. Other lines stay as they are. */
export function withToken(text: string, { name, sha256, home }: EdgeToken): string {
  const before = text === '' ? FILE_HEAD : text.endsWith('\n') ? text : `${text}\n`;
  return `${before}${[name, sha256, ...(home === null ? [] : [home])].join(' ')}\n`;
}

/** The text of a file without the token of that name. */
export function withoutToken(text: string, name: string): string {
  const isOf = (line: string): boolean => line.trim().split(/\s+/)[0] === name;
  return text
    .split('\n')
    .filter((line) => !isOf(line))
    .join('\n');
}

/** The token that was given. Every one is compared, in constant time. */
export function findToken(tokens: readonly EdgeToken[], given: string): EdgeToken | undefined {
  const wanted = Buffer.from(digestOf(given));
  let found: EdgeToken | undefined;
  for (const token of tokens) if (timingSafeEqual(Buffer.from(token.sha256), wanted)) found = token;
  return found;
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex');
