import ms, { type StringValue } from 'ms';
import { UsageError } from './failure.js';

/** Ten years: what is accepted can be waited for, and shown. */
const LONGEST_DAYS = 3650;
const LONGEST_MS = LONGEST_DAYS * 86_400_000;

/** Milliseconds of `30s`, `10m`, `1h`. @throws UsageError for one without a unit, or out of bounds. */
export function durationOf(option: string, text: string, leastMs = 0): number {
  const value = read(text);
  if (value === undefined)
    throw new UsageError(
      `${option} ${text} is no duration: write a number and its unit, 30s, 10m, 1h or 2d`,
    );
  if (value < leastMs || value > LONGEST_MS)
    throw new UsageError(
      `${option} ${text} cannot be kept: it must be from ${ms(leastMs)} to ${LONGEST_DAYS}d`,
    );
  return Math.round(value);
}

function read(text: string): number | undefined {
  if (!/^-?\d{1,15}(\.\d{1,6})? *[a-z]+$/i.test(text)) return undefined;
  const value = ms(text as StringValue);
  return Number.isFinite(value) ? value : undefined;
}
