import type { Secret } from '../../config/secret.js';
import { secretOf } from '../../spec-kitty/credentials/credentials-values.js';
import { UsageError } from '../failure.js';

/** No token is longer, and somebody's log file must not end up in a header. */
const MAX_BYTES = 64 * 1024;

/**
 * A ready token from the variable of this name, else from stdin. Messages say
 * what is wrong with it and never quote it.
 *
 * @throws UsageError when there is none, or it is no token.
 */
export async function readReadyToken(
  variable: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Secret> {
  const source = variable === undefined ? 'stdin' : `the environment variable ${variable}`;
  const text = variable === undefined ? await readStdin() : env[variable];
  if (text === undefined || text.trim() === '') throw new UsageError(`${source} holds no token`);
  const token = secretOf(text);
  if (token === undefined)
    throw new UsageError(`${source} holds something that is no token: one word of ASCII`);
  return token;
}

async function readStdin(): Promise<string> {
  if (process.stdin.isTTY)
    throw new UsageError('--token-stdin wants the token piped in: a terminal would show it');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) throw new UsageError('stdin holds more than any token');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
