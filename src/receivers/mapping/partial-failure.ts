import { isJsonObject, type JsonObject } from './answer-body.js';
import type { VerdictDetails } from './verdict.js';

/** Members that count what was not taken, in the spellings of well-known APIs. */
const COUNTS = [
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

function signOfFailure(status: number, body: JsonObject): string | undefined {
  if (status === 207) return 'HTTP 207 Multi-Status';
  if (isTelling(body.errors)) return '"errors"';
  const counted = COUNTS.find((name) => isTelling(body[name]));
  if (counted !== undefined) return `"${counted}"`;
  const { partialSuccess, results } = body;
  if (isJsonObject(partialSuccess) && Object.entries(partialSuccess).some(isRejectedCount))
    return '"partialSuccess"';
  if (Array.isArray(results) && results.some(isRejection)) return 'a result "rejected"';
  return undefined;
}

/** True, a number above zero (also as text, as protobuf spells it), or a list that is not empty. */
function isTelling(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'string') return /^\d{1,15}$/.test(value) && Number(value) > 0;
  return value === true || (typeof value === 'number' && value > 0);
}

const isRejectedCount = ([name, value]: [string, unknown]): boolean =>
  /^rejected/i.test(name) && isTelling(value);

function isRejection(entry: unknown): boolean {
  const status = isJsonObject(entry) ? entry.status : undefined;
  return typeof status === 'string' && /^\s*(rejected|failed|error)\s*$/i.test(status);
}
