import { Cron } from 'croner';
import { ScheduleError } from './errors.js';
import { LONGEST_WAIT_MS } from './job-bounds.js';
import type { RepeatOptions } from './scheduler.js';
import { Zone } from './zone.js';

/**
 * The first tick after `after`, in epoch milliseconds; null when there is none.
 * An `every` ticks at the multiples of its period since 1970, so that all
 * processes agree without talking. A pattern whose hour is `*` ticks whenever
 * the wall clock shows a time of it. Of any other, a time that a clock change
 * skips comes right after the gap, and one that it repeats comes once.
 * @throws ScheduleError when the options make no schedule.
 */
export function nextTick(repeat: RepeatOptions, after: number): number | null {
  if ('every' in repeat) return (Math.floor(after / repeat.every) + 1) * repeat.every;
  const pattern = patternOf(repeat);
  return isHourly(repeat.pattern) ? nextShown(pattern, after) : nextOnce(pattern, after);
}

/** @throws ScheduleError when the options make no schedule. */
export function assertRepeat(repeat: RepeatOptions): void {
  if ('every' in repeat) {
    const { every } = repeat;
    if (!Number.isSafeInteger(every) || every < 1 || every > LONGEST_WAIT_MS)
      throw new ScheduleError(
        `every must be a number of milliseconds from 1 to ${LONGEST_WAIT_MS} (3650 days): ${every}`,
      );
    return;
  }
  if (nextTick(repeat, 0) === null)
    throw new ScheduleError(`the pattern ${repeat.pattern} never comes round`);
}

/** A pattern of wall times, and the wall clock that shows them. */
interface Pattern {
  readonly zone: Zone;
  /** The first wall time of the pattern after this one; null when there is none. */
  after(wall: number): number | null;
}

/** A clock change is looked for no further than this: between ticks that are further apart is no tick. */
const NEAR_MS = 25 * 3_600_000;

/** Follows the wall clock through its changes: skipped times are not shown, repeated ones are shown twice. */
function nextShown(pattern: Pattern, after: number): number | null {
  const { zone } = pattern;
  const offset = zone.offset(after);
  for (let wall = pattern.after(after + offset); wall !== null; wall = pattern.after(wall)) {
    const instant = zone.wall(wall - offset) === wall ? wall - offset : zone.first(wall);
    if (zone.wall(instant) === wall) return firstAfterChange(pattern, after, instant) ?? instant;
  }
  return null;
}

/** When the wall clock is put back between the two: the first tick it then shows. */
function firstAfterChange(
  { zone, after: next }: Pattern,
  after: number,
  instant: number,
): number | undefined {
  if (instant - after > NEAR_MS) return undefined;
  const change = zone.changeBetween(after, instant);
  if (change === undefined || zone.offset(change) > zone.offset(after)) return undefined;
  const wall = next(zone.wall(change) - 1);
  return wall === null ? undefined : wall - zone.offset(change);
}

/** Each wall time once: the first time it is shown, or where the gap ends that swallows it. */
function nextOnce(pattern: Pattern, after: number): number | null {
  const { zone } = pattern;
  const change = zone.repeatedBy(after);
  // What the clock shows again has been: go on where it was put back.
  const from = change === undefined ? zone.wall(after) : zone.wall(change - 1);
  for (let wall = pattern.after(from); wall !== null; wall = pattern.after(wall)) {
    const instant = zone.first(wall);
    if (instant > after) return instant;
  }
  return null;
}

/** True when every hour is one of the pattern's. */
function isHourly(pattern: string): boolean {
  const fields = pattern.trim().split(/\s+/);
  return /^(\*|\*\/1|0-23|\?)$/.test(fields.at(-4) ?? '') || pattern.trim() === '@hourly';
}

const known = new Map<string, Pattern>();
/** Patterns that are kept ready; a home has a handful. */
const MOST_KNOWN = 100;

function patternOf({ pattern, tz = 'UTC' }: Extract<RepeatOptions, { pattern: string }>): Pattern {
  const key = `${tz} ${pattern}`;
  let found = known.get(key);
  if (found === undefined) {
    found = readPattern(pattern, tz);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, found);
  }
  return found;
}

/** What croner says, without the name of its class and with what it is set to take. */
function complaint(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  if (said.includes('invalid configuration format')) return 'it must have five or six parts';
  const plain = said.replace(/^\w+: /, '');
  return plain.charAt(0).toLowerCase() + plain.slice(1);
}

function readPattern(pattern: string, tz: string): Pattern {
  try {
    const cron = new Cron(pattern, { timezone: 'UTC', paused: true, mode: '5-or-6-parts' });
    cron.nextRun();
    return {
      zone: new Zone(tz),
      after: (wall) => cron.nextRun(new Date(wall))?.getTime() ?? null,
    };
  } catch (error) {
    throw new ScheduleError(
      `the pattern "${pattern}" in ${tz} is not a schedule: ${complaint(error)}`,
    );
  }
}
