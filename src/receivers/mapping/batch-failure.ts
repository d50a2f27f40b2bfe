import { shownAddress } from '../../address/shown-address.js';
import type { DrainBlockedReason } from '../../dispatch/ports.js';
import type { CompleteAnswer } from '../answer.js';
import type { Redactor } from '../redact.js';
import { isJsonObject, type JsonObject, readJsonObject } from './answer-body.js';
import { describeStatus, topLevelError } from './server-words.js';
import { oneLine, shown } from './shown.js';
import { transientForAll, type Verdict, type VerdictDetails } from './verdict.js';

/** With these, and with 5xx, a server may say when it wants to be asked again. */
const PAUSING = new Set([408, 409, 425, 429]);
/** With these it has more to do than it can: fewer requests at once help. */
const OVERLOADED = new Set([429, 502, 504]);
const PRIVATE_TEAMSPACE = /private[\s_-]*teamspace/i;

/** Every answer about the batch or the connection, and about no event: transient for all (docs/protocol.md, "Other answers"). */
export function mapFailedBatch(
  count: number,
  answer: CompleteAnswer,
  options: {
    readonly now: number;
    readonly redact: Redactor;
    readonly retiresWhenGone?: boolean | undefined;
  },
): Verdict {
  const body = readJsonObject(answer.body);
  const object = 'object' in body ? body.object : {};
  const reason = failureLine(answer, object, options.redact);
  const details: VerdictDetails = {
    ...pause(answer, options.now),
    ...evidence(answer),
    ...(OVERLOADED.has(answer.status) && { slowDown: true }),
    ...(answer.status === 410 && options.retiresWhenGone === true && { gone: goneLine(reason) }),
    ...(answer.status === 412 && { stop: guidance(object, reason, options.redact) }),
  };
  return transientForAll(count, reason, answer.status, details);
}

const goneLine = (reason: string): string =>
  `the target says that it is gone for good and is retired now: ${reason}`;

function failureLine(answer: CompleteAnswer, object: JsonObject, redact: Redactor): string {
  const isRedirect = answer.status >= 300 && answer.status <= 399;
  if (!isRedirect) return topLevelError(answer, object, redact).line;
  const target = redirectTarget(answer.headers.location);
  return oneLine(`${describeStatus(answer.status)}, not followed: it points to ${target}`, redact);
}

/** Bounded, and as any address is shown: it may hold somebody's session. */
function redirectTarget(location: string | undefined): string {
  return shownAddress(location ?? '') || 'nowhere';
}

function pause(answer: CompleteAnswer, now: number): VerdictDetails {
  if (!PAUSING.has(answer.status) && answer.status < 500) return {};
  const ms = retryAfterMs(answer.headers['retry-after'], now);
  return ms === undefined ? {} : { retryAfterMs: ms };
}

function evidence(answer: CompleteAnswer): VerdictDetails {
  const blocked = blockedBy(answer);
  return blocked === undefined ? {} : { blocked };
}

function blockedBy({ status, body }: CompleteAnswer): DrainBlockedReason | undefined {
  if (status === 401) return 'missing_auth';
  if (status !== 403) return undefined;
  return PRIVATE_TEAMSPACE.test(body.toString('utf8')) ? 'private_teamspace_gate' : undefined;
}

/** What a 412 tells the operator to do. */
function guidance(object: JsonObject, fallback: string, redact: Redactor): string {
  const protocol = isJsonObject(object.sync_protocol) ? object.sync_protocol : {};
  return (
    shown(protocol.upgrade_guidance, redact) ?? shown(object.error_description, redact) ?? fallback
  );
}

/** A longer wait is ignored. */
const LONGEST_FOLLOWED_MS = 366 * 24 * 3600 * 1000;

const HTTP_DATE = /^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/;

/**
 * Milliseconds a `Retry-After` header asks for: seconds (some servers send
 * fractions) or an HTTP date. Undefined for anything else, a date in the past, and more
 * than a year.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  const ms = /^\d{1,12}(\.\d{1,12})?$/.test(text)
    ? Math.ceil(Number(text) * 1000)
    : dateDistance(text, now);
  return ms >= 0 && ms <= LONGEST_FOLLOWED_MS ? ms : undefined;
}

function dateDistance(text: string, now: number): number {
  if (!HTTP_DATE.test(text)) return Number.NaN;
  // The oldest of the three date formats names no zone; all of them mean GMT.
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) - now;
}
