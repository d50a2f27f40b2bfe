import { isUtf8 } from 'node:buffer';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE } from '../json/ascii.js';
import { endOfString } from '../json/scan.js';
import type { ReceiverLimits } from './limits.js';
import { badRequest, tooLarge } from './refusal.js';

/** Lists and objects of one request: each takes many times its bytes once it is parsed. */
const MAX_CONTAINERS = 1_000_000;

/** How many lists and objects were found in a request that is parsed in several pieces. */
export interface ContainerCount {
  containers: number;
}

/**
 * Parses JSON that a stranger sent. Its depth is known to be within bounds
 * before anything is built from it.
 *
 * @throws Refusal with the reason.
 */
export function parseBounded(
  bytes: Buffer,
  { maxDepth }: Pick<ReceiverLimits, 'maxDepth'>,
  what = 'the body',
  count: ContainerCount = { containers: 0 },
): unknown {
  if (!isUtf8(bytes)) throw badRequest(`${what} is not UTF-8`);
  assertShape(bytes, maxDepth, what, count);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw badRequest(bytes.length === 0 ? `${what} is empty` : `${what} is not JSON`);
  }
}

/** Counts brackets outside strings: what is no JSON is found by the parser afterwards. */
function assertShape(bytes: Buffer, maxDepth: number, what: string, count: ContainerCount): void {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      count.containers += 1;
      if (depth > maxDepth) throw badRequest(`${what} is nested deeper than ${maxDepth}`);
      if (count.containers > MAX_CONTAINERS)
        throw tooLarge(`at most ${MAX_CONTAINERS} lists and objects`);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
  }
}
