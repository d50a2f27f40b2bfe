import type { Outcome } from '../../dispatch/ports.js';
import type { Redactor } from '../redact.js';
import type { JsonObject } from './answer-body.js';
import { firstShown } from './shown.js';

/** Categories of a rejection that no retry will change, but only an operator (docs/protocol.md). */
const TERMINAL_CATEGORIES = new Set([
  'project_not_admitted',
  'project_not_consented',
  'project_refused',
]);
const CATEGORY_MEMBERS = ['error_category', 'category', 'code'];

/** An entry that refuses one event: rejected, or terminal when its category says so. */
export function rejection(
  entry: JsonObject,
  reasonMembers: readonly string[],
  fallback: string,
  redact: Redactor,
): Outcome {
  const category = terminalCategory(entry);
  const reason = firstShown(entry, reasonMembers, redact) ?? category ?? fallback;
  return { kind: category === undefined ? 'rejected' : 'terminal_failed', reason };
}

function terminalCategory(entry: JsonObject): string | undefined {
  return CATEGORY_MEMBERS.map((name) => entry[name])
    .filter((value) => typeof value === 'string')
    .map((value) => value.trim().toLowerCase())
    .find((value) => TERMINAL_CATEGORIES.has(value));
}
