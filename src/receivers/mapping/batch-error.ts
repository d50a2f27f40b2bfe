import { STATUS_CODES } from 'node:http';
import type { CompleteAnswer } from '../answer.js';
import type { Redactor } from '../redact.js';
import type { JsonObject } from './answer-body.js';
import { serverWords } from './server-words.js';

/** What a server says went wrong with a whole batch. */
export interface BatchError {
  /** The server's own words where it has any, else the status in words. */
  readonly reason: string;
  /** The same with the status in front, for a log. */
  readonly line: string;
}

/** The top-level error of an answer. `object` is its JSON body, or empty if it had none. */
export function topLevelError(
  answer: CompleteAnswer,
  object: JsonObject,
  redact: Redactor,
): BatchError {
  const status = describeStatus(answer.status);
  const words = serverWords(answer, object, redact);
  if (words === undefined) return { reason: status, line: status };
  return { reason: words, line: `${status}: ${words}` };
}

/** `HTTP 502 Bad Gateway`; only the number for a status without a name. */
export function describeStatus(status: number): string {
  const name = STATUS_CODES[status];
  return name === undefined ? `HTTP ${status}` : `HTTP ${status} ${name}`;
}
