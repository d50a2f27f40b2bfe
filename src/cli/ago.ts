import { ago as agoOf } from '../base/ago.js';
import { shownTime } from './output.js';
import { type Screen, screenOf } from './screen.js';

/** `2m ago`, `in 3h`, `now`; a date where it is more than 30 days away. Both in epoch milliseconds. */
export const ago = (ms: number, now: number = Date.now()): string =>
  agoOf(ms, now) ?? shownTime(ms).slice(0, 10);

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
