import { InvalidArgumentError } from 'commander';

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
