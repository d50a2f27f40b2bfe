import { type Html, html } from '../html.js';
import { given, type PageContext, type Query } from '../page.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Stretches of time that end now. */
const RANGES: readonly (readonly [name: string, length: number, words: string])[] = [
  ['15m', 15 * MINUTE, 'the last 15 minutes'],
  ['1h', HOUR, 'the last hour'],
  ['24h', DAY, 'the last 24 hours'],
  ['7d', 7 * DAY, 'the last 7 days'],
  ['30d', 30 * DAY, 'the last 30 days'],
];

export interface TimeRange {
  /** As it stands in the address. */
  readonly name: string;
  readonly words: string;
  /** Epoch milliseconds, ascending: where each stretch of the chart begins, and where the last one ends. */
  readonly edges: readonly number[];
}

/** Bars of a chart: as many as can be told apart on a narrow screen. */
const BARS = 60;

/**
 * The range that the address asks for; else the shortest that has everything
 * since `firstAt`, or the longest that has anything since `lastAt`.
 */
export function rangeOf(
  { query, now }: Pick<PageContext, 'query' | 'now'>,
  firstAt: number | null,
  lastAt: number | null,
): TimeRange {
  const asked = given(query, 'range');
  const named = RANGES.find(([name]) => name === asked);
  if (named !== undefined) return rangeBack(named, now);
  const fits = RANGES.find(([, length]) => firstAt !== null && firstAt >= now - length);
  const recent = lastAt !== null && lastAt >= now - DAY;
  if (asked !== 'all' && firstAt === null) return rangeBack(RANGES[1]!, now);
  if (asked !== 'all' && fits !== undefined) return rangeBack(fits, now);
  if (asked !== 'all' && recent) return rangeBack(RANGES[2]!, now);
  const from = Math.min(firstAt ?? now - HOUR, now - MINUTE);
  return { name: 'all', words: 'all time', edges: edgesFrom(from, now) };
}

const rangeBack = ([name, length, words]: (typeof RANGES)[number], now: number): TimeRange => ({
  name,
  words,
  edges: edgesFrom(now - length, now),
});

/**
 * Stretches that begin at round times, so that they stay what they are while time goes by. The last
 * one is the present.
 */
function edgesFrom(from: number, now: number): number[] {
  const second = 1_000;
  const width = Math.max(Math.ceil((now - from) / BARS / second) * second, second);
  const end = (Math.floor(now / width) + 1) * width;
  return Array.from({ length: BARS + 1 }, (_, i) => end - (BARS - i) * width);
}

/** Links to the other ranges. */
export function rangeMenu(
  { link }: Pick<PageContext, 'link'>,
  page: string,
  query: Query,
  chosen: TimeRange,
): Html {
  const names = [...RANGES.map(([name]) => name), 'all'];
  return html`<nav class="ranges" aria-label="Time range"><ul>${names.map(
    (name) =>
      html`<li><a href="${link(page, { ...query, range: name })}"${name === chosen.name ? html` aria-current="true"` : ''}>${name}</a></li>`,
  )}</ul></nav>`;
}
