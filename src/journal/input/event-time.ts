import { textProblem } from './problems.js';

/** An event's time: the producer's text, and the instant it names. */
export interface EventTime {
  readonly timestamp: string | null;
  readonly occurredAt: number | null;
}

const NONE: EventTime = { timestamp: null, occurredAt: null };

/** Years 0001 to 9999, what ISO 8601 and every SQL database can hold. */
const EARLIEST_MS = -62_135_596_800_000;
const LATEST_MS = 253_402_300_799_999;

/** Numbers below this are seconds (up to the year 5138), above it milliseconds (from 1973). */
const SECONDS_BELOW = 100_000_000_000;

const ISO_8601 =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,30}))?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** What nearly all producers write, on a day that every month has: Date.parse is right, and fast. */
const USUAL = /^\d{4}-\d\d-(?:0[1-9]|1\d|2[0-8])T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Reads an ISO 8601 string (without an offset it is UTC, so that the answer
 * does not depend on this machine), or a number of epoch seconds or
 * milliseconds. A time that cannot be understood is null, never an error; its
 * text is kept all the same.
 */
export function eventTime(value: unknown): EventTime {
  if (typeof value === 'number') return numericTime(value);
  if (typeof value !== 'string' || textProblem('', value) !== undefined) return NONE;
  return { timestamp: value, occurredAt: textMilliseconds(value) };
}

function numericTime(value: number): EventTime {
  const ms = inRange(Math.floor(Math.abs(value) < SECONDS_BELOW ? value * 1000 : value));
  return ms === null ? NONE : { timestamp: new Date(ms).toISOString(), occurredAt: ms };
}

function textMilliseconds(text: string): number | null {
  const usual = USUAL.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(usual) ? isoMilliseconds(text) : inRange(usual);
}

function isoMilliseconds(text: string): number | null {
  const match = ISO_8601.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', offset = 'Z'] = match;
  const midnight = dateMilliseconds(Number(year), Number(month), Number(day));
  if (midnight === null || +hour > 24 || +minute > 59 || +second > 60) return null;
  const clock = (+hour * 3600 + +minute * 60 + +second) * 1000 + fractionMilliseconds(fraction);
  return inRange(midnight + clock - offsetMilliseconds(offset));
}

/** Null for a day that does not exist, such as 30 February. */
function dateMilliseconds(year: number, month: number, day: number): number | null {
  const date = new Date(0);
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null;
}

function fractionMilliseconds(digits: string): number {
  return Number(digits.slice(0, 3).padEnd(3, '0'));
}

function offsetMilliseconds(offset: string): number {
  if (offset === 'Z' || offset === 'z') return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(':', ''));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}

function inRange(ms: number): number | null {
  return ms >= EARLIEST_MS && ms <= LATEST_MS ? ms : null;
}
