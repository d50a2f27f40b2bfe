import { isJsonObject, type JsonObject } from './answer-body.js';
import type { VerdictDetails } from './verdict.js';

/** Members that count or list what was not taken, in the spellings of well-known APIs. */
const COUNTS = [
  'errors',
  'insertErrors',
  'failed',
  'failures',
  'failedCount',
  'failed_count',
  'FailedRecordCount',
  'FailedPutCount',
  'FailedEntryCount',
  'rejected',
  'rejectedCount',
  'rejected_count',
];

/** Members that say whether all went well, as in `{"ok":false}`. */
const SUCCESSES = ['ok', 'success'];
/** Values of `status` that say that it did not. */
const FAILED_STATUSES = /^\s*(rejected|failed|failure|fail|error)\s*$/i;

/**
 * A warning when a 2xx reports failures in its body although its status says
 * that all went well. Where the status decides, the outcome stays success.
 */
export function partialFailure(status: number, body: JsonObject, events: number): VerdictDetails {
  const sign = signOfFailure(status, body);
  if (sign === undefined) return {};
  const message = `an answer reports failures (${sign}), and ack = "status" counts its events as delivered`;
  return { warnings: [{ message, count: events }] };
}

/** What in a 2xx reports failures, in words; undefined when nothing does. */
export function signOfFailure(status: number, body: JsonObject): string | undefined {
  if (status === 207) return 'HTTP 207 Multi-Status';
  const counted = COUNTS.find((name) => isTelling(body[name]));
  if (counted !== undefined) return `"${counted}"`;
  const denied = SUCCESSES.find((name) => body[name] === false);
  if (denied !== undefined) return `"${denied}": false`;
  if (isFailedStatus(body.status)) return `"status": ${JSON.stringify(body.status)}`;
  if (isTelling(body.error) || isFilled(body.error)) return '"error"';
  const { partialSuccess, partial_success = partialSuccess, results } = body;
  if (isJsonObject(partial_success) && Object.entries(partial_success).some(isRejectedCount))
    return '"partialSuccess"';
  if (Array.isArray(results) && results.some(isRejection)) return 'a result "rejected"';
  return undefined;
}

/** A text or an object that is not empty: `"error": ""` and `"error": {}` say nothing. */
function isFilled(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '' && value.trim() !== '0';
  return isJsonObject(value) && Object.keys(value).length > 0;
}

/** True, a number above zero (also as text, as protobuf spells it), or a list that is not empty. */
function isTelling(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'string') return /^\d{1,15}$/.test(value) && Number(value) > 0;
  return value === true || (typeof value === 'number' && value > 0);
}

const isRejectedCount = ([name, value]: [string, unknown]): boolean =>
  /^rejected/i.test(name) && isTelling(value);

const isRejection = (entry: unknown): boolean =>
  isJsonObject(entry) && isFailedStatus(entry.status);

const isFailedStatus = (status: unknown): status is string =>
  typeof status === 'string' && FAILED_STATUSES.test(status);
