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

/**
 * `2m ago`, `in 3h`, `now`; undefined where it is more than 30 days away, and a date says more.
 * Both in epoch milliseconds.
 */
export function ago(ms: number, now: number): string | undefined {
  const away = Math.abs(now - ms);
  if (away < 1_000) return 'now';
  const unit = UNITS.find(([, , below]) => away < below);
  if (unit === undefined) return undefined;
  const text = `${Math.floor(away / unit[1])}${unit[0]}`;
  return ms > now ? `in ${text}` : `${text} ago`;
}
