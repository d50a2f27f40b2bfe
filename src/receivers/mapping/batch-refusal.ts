import type { Outcome } from '../../dispatch/ports.js';
import type { CompleteAnswer } from '../answer.js';
import type { Redactor } from '../redact.js';
import { type JsonObject, parseJson, readJsonObject } from './answer-body.js';
import { lastEntryById, rejection } from './event-entries.js';
import { topLevelError } from './server-words.js';
import { entryJson } from './shown.js';
import type { Verdict } from './verdict.js';

const DETAIL_REASONS = ['detail', 'error', 'reason'];

/**
 * A batch refused as a whole, 400 or 413 (docs/protocol.md): no verdict on any event
 * that the answer does not name. Those stay undefined, to be posted again, and
 * `ifAlone` is what one of them gets once it stands alone.
 */
export function mapRefusedBatch(
  sentIds: readonly string[],
  answer: CompleteAnswer,
  redact: Redactor,
): Verdict {
  const body = readJsonObject(answer.body);
  const object = 'object' in body ? body.object : {};
  const error = topLevelError(answer, object, redact);
  const named = answer.status === 400 ? namedByDetails(sentIds, object) : new Map();
  const outcomes = sentIds.map((id) => detailOutcome(named.get(id), error.reason, redact));
  const verdict: Verdict = { outcomes, httpStatus: answer.status, error: error.line };
  if (!outcomes.includes(undefined)) return verdict;
  return { ...verdict, ifAlone: aloneOutcome(answer.status, object, error.reason) };
}

function namedByDetails(sentIds: readonly string[], object: JsonObject): Map<string, JsonObject> {
  const { details } = object;
  const list = typeof details === 'string' ? parseJson(details) : details;
  return lastEntryById(sentIds, Array.isArray(list) ? list : []);
}

function detailOutcome(
  entry: JsonObject | undefined,
  fallback: string,
  redact: Redactor,
): Outcome | undefined {
  if (entry === undefined) return undefined;
  return {
    ...rejection(entry, DETAIL_REASONS, fallback, redact),
    response: entryJson(entry, redact),
  };
}

function aloneOutcome(status: number, object: JsonObject, reason: string): Outcome {
  const tooLarge = status === 413 || saysTooLarge(object.error);
  return { kind: tooLarge ? 'terminal_failed' : 'rejected', reason };
}

/** Only a 400 and a 413 can say so: in any other answer the words mean something else. */
function saysTooLarge(error: unknown): boolean {
  const texts = typeof error === 'object' && error !== null ? Object.values(error) : [error];
  return texts.some((text) => typeof text === 'string' && /too large|oversized/i.test(text));
}
