import type { CompleteAnswer, HttpAnswer } from './answer.js';
import { readJsonObject } from './mapping/answer-body.js';
import { mapFailedBatch } from './mapping/batch-failure.js';
import { mapRefusedBatch } from './mapping/batch-refusal.js';
import { areResults, mapResults, saysSuccessOfAll } from './mapping/batch-results.js';
import { mapBySigns } from './mapping/by-signs.js';
import { partialFailure } from './mapping/partial-failure.js';
import { serverWords } from './mapping/server-words.js';
import { oneLine } from './mapping/shown.js';
import { sameForAll, transientForAll, type Verdict } from './mapping/verdict.js';
import type { Redactor } from './redact.js';

/** How an answer is read (docs/receivers.md): results for each event, the status, or what is there. */
export type AckMode = 'auto' | 'results' | 'status';

export interface MappingOptions {
  readonly ack: AckMode;
  /** Wall clock in milliseconds, for a `Retry-After` that is a date. */
  readonly now: number;
  /** Applied to every string taken from the answer. */
  readonly redact: Redactor;
  /** True where 410 says that nobody listens at this address any more. */
  readonly retiresWhenGone?: boolean | undefined;
}

/**
 * The tables of docs/protocol.md: what any answer, however odd, means for the
 * events of one POST. Pure; never throws; linear in the size of
 * the answer. `sentIds` in the order of the batch, which the outcomes keep.
 */
export function mapResponse(
  sentIds: readonly string[],
  answer: HttpAnswer,
  options: MappingOptions,
): Verdict {
  const heard = options.ack === 'status' ? statusOf(answer) : answer;
  if ('failure' in heard)
    return transientForAll(sentIds.length, oneLine(heard.failure, options.redact), null);
  if (heard.status >= 200 && heard.status <= 299) return mapAccepted(sentIds, heard, options);
  if (heard.status === 400 || heard.status === 413)
    return mapRefusedBatch(sentIds, heard, options.redact);
  return mapFailedBatch(sentIds.length, heard, options);
}

/** Where the status decides, an answer whose body is unusable is an answer without a body. */
function statusOf(answer: HttpAnswer): HttpAnswer {
  if (!('failure' in answer) || answer.head === undefined) return answer;
  return { ...answer.head, body: Buffer.alloc(0) };
}

function mapAccepted(
  sentIds: readonly string[],
  answer: CompleteAnswer,
  { ack, redact }: MappingOptions,
): Verdict {
  if (ack !== 'status' && saysSuccessOfAll(sentIds, answer.body))
    return sameForAll(sentIds.length, { kind: 'success' }, answer.status);
  // Nothing is said in it, and nothing that it does not say counts against it.
  if (ack !== 'results' && answer.body.length === 0 && answer.status !== 207)
    return sameForAll(sentIds.length, { kind: 'success' }, answer.status);
  const body = readJsonObject(answer.body);
  const object = 'object' in body ? body.object : {};
  if (ack === 'status') {
    const warnings = partialFailure(answer.status, object, sentIds.length);
    return sameForAll(sentIds.length, { kind: 'success' }, answer.status, warnings);
  }
  const { results } = object;
  if (Array.isArray(results) && (ack === 'results' || areResults(results)))
    return mapResults(sentIds, results, answer.status, redact);
  if (ack === 'auto') return mapBySigns(sentIds.length, answer, object, redact);
  const why = 'unusable' in body ? body.unusable : 'the body has no list of results';
  const words = serverWords(answer, object, redact);
  const line = `HTTP ${answer.status} without per-event results: ${why}`;
  const reason = words === undefined ? line : `${line}: ${words}`;
  return transientForAll(sentIds.length, reason, answer.status);
}
