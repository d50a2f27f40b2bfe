import { Cron } from 'croner';
import { ScheduleError } from './errors.js';
import type { RepeatOptions } from './scheduler.js';

/**
 * The first tick after `after`, in epoch milliseconds; null when there is none.
 * An `every` ticks at the multiples of its period since 1970, so that all
 * processes agree without talking. A cron time that a clock change skips comes
 * right after the gap, one that it repeats comes once.
 */
export function nextTick(repeat: RepeatOptions, after: number): number | null {
  if ('every' in repeat) return (Math.floor(after / repeat.every) + 1) * repeat.every;
  const next = cronOf(repeat).nextRun(new Date(after));
  return next === null ? null : next.getTime();
}

/** @throws ScheduleError when the options make no schedule. */
export function assertRepeat(repeat: RepeatOptions): void {
  if ('every' in repeat) {
    if (!Number.isSafeInteger(repeat.every) || repeat.every < 1)
      throw new ScheduleError(`every must be a number of milliseconds from 1 on: ${repeat.every}`);
    return;
  }
  if (nextTick(repeat, 0) === null)
    throw new ScheduleError(`the pattern ${repeat.pattern} never comes round`);
}

function cronOf({ pattern, tz = 'UTC' }: Extract<RepeatOptions, { pattern: string }>): Cron {
  try {
    const cron = new Cron(pattern, { timezone: tz, paused: true, mode: '5-or-6-parts' });
    cron.nextRun();
    return cron;
  } catch (error) {
    throw new ScheduleError(
      `the pattern "${pattern}" in ${tz} is no schedule: ${(error as Error).message}`,
    );
  }
}
