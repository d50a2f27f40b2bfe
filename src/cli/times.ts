import ms, { type StringValue } from 'ms';
import { eventTime } from '../journal/input/event-time.js';
import { UsageError } from './failure.js';

/**
 * A point in time as people write it, in epoch milliseconds: `2h` or `2h ago`,
 * `now`, `today` and `yesterday` (their first moment), `2026-11-22`, or an ISO
 * 8601 time. Days and times without a zone are those of this machine's zone;
 * `3d` is three times 24 hours, whatever the clocks did.
 *
 * @throws UsageError when it cannot be read.
 */
export function timeOf(option: string, text: string, now = Date.now()): number {
  const at = named(text.trim().toLowerCase(), now) ?? isoTime(text.trim());
  if (at !== undefined && !Number.isNaN(new Date(at).getTime())) return at;
  throw new UsageError(
    `cannot read ${option} "${text}"; use 2h, 3d, yesterday, 2026-11-22 or an ISO time`,
  );
}

function named(text: string, now: number): number | undefined {
  if (text === 'now') return now;
  if (text === 'today') return startOfDay(now, 0);
  if (text === 'yesterday') return startOfDay(now, -1);
  const length = lengthOf(text.replace(/\s+ago$/, ''));
  return length === undefined ? undefined : now - Math.round(length);
}

/** By the calendar: a day has 23 or 25 hours where the clocks change. */
function startOfDay(now: number, days: number): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime();
}

const ZONE = /(?:Z|T.*[+-]\d\d(?::?\d\d)?)$/i;

function isoTime(text: string): number | undefined {
  const { occurredAt } = eventTime(text.replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T'));
  if (occurredAt === null) return undefined;
  if (ZONE.test(text.replace(' ', 'T'))) return occurredAt;
  const utc = new Date(occurredAt);
  const local = new Date(0);
  local.setFullYear(utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate());
  return local.setHours(
    utc.getUTCHours(),
    utc.getUTCMinutes(),
    utc.getUTCSeconds(),
    utc.getUTCMilliseconds(),
  );
}

/** Ten years: what is accepted can be waited for, and shown. */
const LONGEST_DAYS = 3650;
const LONGEST_MS = LONGEST_DAYS * 86_400_000;

/** Milliseconds of `30s`, `10m`, `1h30m`. @throws UsageError for one without a unit, or out of bounds. */
export function durationOf(option: string, text: string, leastMs = 0): number {
  const value = lengthOf(text);
  if (value === undefined && !/^-\d/.test(text))
    throw new UsageError(`cannot read ${option} "${text}"; use 30s, 10m, 1h30m or 2d`);
  if (value === undefined || value < leastMs || value > LONGEST_MS)
    throw new UsageError(
      `${option} ${text} cannot be kept: it must be from ${ms(leastMs)} to ${LONGEST_DAYS}d`,
    );
  return Math.round(value);
}

const PART = /(\d{1,15}(?:\.\d{1,6})?) *([a-z]+)/gi;
const WHOLE = new RegExp(`^(?:${PART.source} *)+$`, 'i');

/** Undefined for what is no sum of numbers with units. */
function lengthOf(text: string): number | undefined {
  if (text.length > 100 || !WHOLE.test(text)) return undefined;
  const parts = [...text.matchAll(PART)].map(([part]) => ms(part as StringValue));
  const sum = parts.reduce((whole, part) => whole + (part ?? Number.NaN), 0);
  return Number.isFinite(sum) ? sum : undefined;
}
