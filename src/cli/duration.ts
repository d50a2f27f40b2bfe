import ms, { type StringValue } from 'ms';
import { UsageError } from './failure.js';

/** Milliseconds of `30s`, `10m`, `1h`. @throws UsageError. */
export function durationOf(option: string, text: string): number {
  const value = ms(text as StringValue);
  if (value === undefined || !(value >= 0))
    throw new UsageError(`${option} ${text} is no duration: write 30s, 10m or 1h`);
  return value;
}
