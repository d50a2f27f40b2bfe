import type { CompleteAnswer, HttpAnswer } from './answer.js';
import { readJsonObject } from './mapping/answer-body.js';
import { mapFailedBatch } from './mapping/batch-failure.js';
import { mapRefusedBatch } from './mapping/batch-refusal.js';
import { mapResults } from './mapping/batch-results.js';
import { oneLine } from './mapping/shown.js';
import { sameForAll, transientForAll, type Verdict } from './mapping/verdict.js';
import type { Redactor } from './redact.js';

/** How an endpoint acknowledges: with per-event results, or with its status alone (WIRE.md). */
export type AckMode = 'results' | 'status';

export interface MappingOptions {
  readonly ack: AckMode;
  /** Wall clock in milliseconds, for a `Retry-After` that is a date. */
  readonly now: number;
  /** Applied to every string taken from the answer. */
  readonly redact: Redactor;
}

/**
 * The table "Response to outcomes" of WIRE.md: what any answer, however odd,
 * means for the events of one POST. Pure; never throws; linear in the size of
 * the answer. `sentIds` in the order of the batch, which the outcomes keep.
 */
export function mapResponse(
  sentIds: readonly string[],
  answer: HttpAnswer,
  options: MappingOptions,
): Verdict {
  if ('failure' in answer)
    return transientForAll(sentIds.length, oneLine(answer.failure, options.redact), null);
  if (answer.status >= 200 && answer.status <= 299) return mapAccepted(sentIds, answer, options);
  if (answer.status === 400 || answer.status === 413)
    return mapRefusedBatch(sentIds, answer, options.redact);
  return mapFailedBatch(sentIds.length, answer, options);
}

function mapAccepted(
  sentIds: readonly string[],
  answer: CompleteAnswer,
  { ack, redact }: MappingOptions,
): Verdict {
  if (ack === 'status') return sameForAll(sentIds.length, { kind: 'success' }, answer.status);
  const body = readJsonObject(answer.body);
  if ('unusable' in body) return withoutResults(sentIds.length, answer.status, body.unusable);
  const { results } = body.object;
  if (!Array.isArray(results))
    return withoutResults(sentIds.length, answer.status, 'the body has no list of results');
  return mapResults(sentIds, results, answer.status, redact);
}

function withoutResults(count: number, status: number, why: string): Verdict {
  return transientForAll(count, `HTTP ${status} without per-event results: ${why}`, status);
}
