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
