import { InvalidArgumentError } from 'commander';
import ms, { type StringValue } from 'ms';
import { UsageError } from './failure.js';

/** @throws InvalidArgumentError, which is exit 64. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** A hundred years: further back is not a date that everything can show. */
const MOST_DAYS = 36_500;

/** @throws InvalidArgumentError, which is exit 64. */
export function days(text: string): number {
  const value = wholeNumber(text);
  if (value > MOST_DAYS)
    throw new InvalidArgumentError(`It must be a number of days from 0 to ${MOST_DAYS}.`);
  return value;
}

/** @throws InvalidArgumentError, which is exit 64. */
export function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return value;
}

/** Ten years: what is accepted can be waited for, and shown. */
const LONGEST_DAYS = 3650;
const LONGEST_MS = LONGEST_DAYS * 86_400_000;

/** Milliseconds of `30s`, `10m`, `1h`. @throws UsageError for one without a unit, or out of bounds. */
export function durationOf(option: string, text: string, leastMs = 0): number {
  const value = read(text);
  if (value === undefined)
    throw new UsageError(
      `cannot read ${option} "${text}": write a number and its unit, 30s, 10m, 1h or 2d`,
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
