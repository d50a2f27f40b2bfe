import { shownTime } from './output.js';
import { type Screen, screenOf } from './screen.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Further away, a date says more than a number of days. */
const LONGEST = 30 * DAY;

const UNITS: readonly (readonly [name: string, ms: number, below: number])[] = [
  ['s', 1_000, MINUTE],
  ['m', MINUTE, HOUR],
  ['h', HOUR, 2 * DAY],
  ['d', DAY, LONGEST],
];

/** `2m ago`, `in 3h`, `now`; a date where it is more than 30 days away. Both in epoch milliseconds. */
export function ago(ms: number, now: number = Date.now()): string {
  const away = Math.abs(now - ms);
  if (away < 1_000) return 'now';
  const unit = UNITS.find(([, , below]) => away < below);
  if (unit === undefined) return shownTime(ms).slice(0, 10);
  const text = `${Math.floor(away / unit[1])}${unit[0]}`;
  return ms > now ? `in ${text}` : `${text} ago`;
}

const ISO = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** A sentence for every reader, with its ISO times as `timeText` shows them. */
export function withTimes(sentence: string, screen?: Pick<Screen, 'isTerminal'>): string {
  return sentence.replaceAll(ISO, (time) => timeText(time, screen));
}

/**
 * A time, ISO 8601 or epoch milliseconds, for who reads the result: how long ago
 * on a terminal, ISO 8601 in a pipe or a file.
 */
export function timeText(
  time: string | number,
  screen: Pick<Screen, 'isTerminal'> = screenOf(),
  now?: number,
): string {
  const ms = typeof time === 'number' ? time : Date.parse(time);
  if (Number.isNaN(ms)) return String(time);
  return screen.isTerminal ? ago(ms, now) : shownTime(ms);
}
