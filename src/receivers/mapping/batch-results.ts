import type { Outcome } from '../../dispatch/ports.js';
import type { Redactor } from '../redact.js';
import { isJsonObject, type JsonObject } from './answer-body.js';
import { hasGarbledId, lastEntryById, rejection, strayEntries } from './event-entries.js';
import { entryJson, shown } from './shown.js';
import { transientForAll, type Verdict } from './verdict.js';

const SUCCESS = new Set(['success', 'accepted', 'warning']);
const PENDING = new Set(['pending', 'queued']);
const REJECTION_REASONS = ['error_message', 'error'];
const MISSING: Outcome = { kind: 'transient', reason: 'missing per-event result' };
const MISSPELLED: Outcome = {
  kind: 'transient',
  reason:
    'missing per-event result: an id came back that differs in upper and lower case, and ids are compared exactly',
};

/**
 * True when a list called `results` is about the events that were sent. Other APIs
 * give such a list as well, of what they stored or found: without any `event_id`.
 */
export function areResults(results: readonly unknown[]): boolean {
  return results.length === 0 || results.some((one) => isJsonObject(one) && 'event_id' in one);
}

/** Text of an entry around its id. */
const [BEFORE_ID, AFTER_ID] = ['{"event_id":"', '","status":"success"}'];
const NEEDS_ESCAPING = /["\\]|[^\x20-\x7e]/;

/**
 * True when a body is, byte for byte, the shortest text that says success of
 * each event in the order in which they were sent. Most answers are; nothing
 * more can be learned from reading them.
 */
export function saysSuccessOfAll(sentIds: readonly string[], body: Buffer): boolean {
  const ids = sentIds.join('');
  const around = BEFORE_ID.length + AFTER_ID.length;
  const length = ids.length + sentIds.length * (around + 1) - 1 + '{"results":[]}'.length;
  if (body.length !== length || NEEDS_ESCAPING.test(ids)) return false;
  const entries = sentIds.join(`${AFTER_ID},${BEFORE_ID}`);
  return body.equals(Buffer.from(`{"results":[${BEFORE_ID}${entries}${AFTER_ID}]}`, 'latin1'));
}

/** Per-event results of a 2xx answer (docs/protocol.md): each sent event gets what its last entry says. */
export function mapResults(
  sentIds: readonly string[],
  results: readonly unknown[],
  httpStatus: number,
  redact: Redactor,
): Verdict {
  if (results.some(hasGarbledId))
    return transientForAll(sentIds.length, garbled(httpStatus), httpStatus);
  const entries = lastEntryById(sentIds, results);
  const stray = strayEntries(sentIds, results);
  const outcomes = sentIds.map((id) => {
    const entry = entries.get(id);
    if (entry !== undefined) return outcomeOf(entry, redact);
    return stray.otherwiseSpelled.has(id) ? MISSPELLED : MISSING;
  });
  const { warnings } = stray;
  return { outcomes, httpStatus, ...(warnings.length > 0 && { warnings }) };
}

function garbled(httpStatus: number): string {
  return `HTTP ${httpStatus} with garbled results: an event_id is a list or an object`;
}

function outcomeOf(entry: JsonObject, redact: Redactor): Outcome {
  const status = typeof entry.status === 'string' ? entry.status.trim().toLowerCase() : undefined;
  if (saysNothingMore(entry)) {
    if (status === 'success') return { kind: 'success' };
    if (status === 'duplicate') return { kind: 'duplicate' };
  }
  const response = entryJson(entry, redact);
  if (status === undefined) return { kind: 'transient', reason: noStatus(entry, redact), response };
  if (SUCCESS.has(status)) return { kind: 'success', response };
  if (status === 'duplicate') return { kind: 'duplicate', response };
  if (PENDING.has(status)) return { kind: 'pending', serverState: status, response };
  if (status === 'rejected')
    return {
      ...rejection(entry, REJECTION_REASONS, 'rejected without a reason', redact),
      response,
    };
  return { kind: 'transient', reason: unknownStatus(entry, redact), response };
}

/** Only id and status: the outcome holds both, and a million copies would hold no more. */
function saysNothingMore(entry: JsonObject): boolean {
  return Object.keys(entry).length === 2;
}

function noStatus(entry: JsonObject, redact: Redactor): string {
  const status = shown(entry.status, redact);
  return status === undefined ? 'unknown status (none given)' : `unknown status ${status}`;
}

function unknownStatus(entry: JsonObject, redact: Redactor): string {
  const error = REJECTION_REASONS.map((name) => shown(entry[name], redact)).find(Boolean);
  const status = shown(entry.status, redact) ?? '(blank)';
  return error === undefined ? `unknown status ${status}` : `unknown status ${status}: ${error}`;
}
