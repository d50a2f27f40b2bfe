import { ago as agoOf } from '../base/ago.js';
import { grouped } from '../base/grouped.js';
import { visible } from '../base/visible.js';
import type { DeliveryStatus } from '../ledger/transition.js';
import { TERM_OF_STATUS } from '../reports/target-terms.js';
import { type Html, html } from './html.js';

/** `1,234`. */
export const number = (n: number): string => grouped(n);

/** `1 event`, `2 events`. */
export const counted = (n: number, noun: string): string =>
  `${number(n)} ${noun}${n === 1 ? '' : 's'}`;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes in binary units. */
export function bytes(n: number): string {
  const step = Math.min(Math.floor(Math.log2(Math.max(n, 1)) / 10), UNITS.length - 1);
  return `${(n / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step]}`;
}

/** `850 ms`, `2.4 s`, `3 min`, `12 h`, `4 days`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 100_000) return `${rounded(ms / 1_000, 1)} s`;
  if (ms < 100 * MINUTE) return `${rounded(ms / MINUTE, 0)} min`;
  if (ms < 72 * HOUR) return `${rounded(ms / HOUR, 1)} h`;
  return `${rounded(ms / (24 * HOUR), 1)} days`;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Without zeros behind the point. */
const rounded = (n: number, digits: number): number => Number(n.toFixed(digits));

/** `12s ago`, `5m ago`, `in 2h`, or a date. The script of the pages words it the same way. */
const since = (at: number, now: number): string =>
  agoOf(at, now) ?? new Date(at).toISOString().slice(0, 10);

const isTime = (at: number): boolean => !Number.isNaN(new Date(at).getTime());

/** A moment as so long ago, with the exact time behind it. */
export function ago(time: number | string | null, now: number): Html {
  const at = momentOf(time);
  if (at === null) return html`<span class="none">never</span>`;
  if (!isTime(at)) return html`unreadable (${at})`;
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}" title="${iso}" data-ago>${since(at, now)}</time>`;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

/** A moment by the clock of this machine. */
export function clock(time: number | string | null): Html {
  const at = momentOf(time);
  if (at === null) return html`<span class="none">none</span>`;
  if (!isTime(at)) return html`unreadable (${at})`;
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}" title="${iso}">${clockText(at)}</time>`;
}

/** The same where there can be no mark. */
export const clockText = (at: number): string => CLOCK.format(at).replace(',', '');

export const momentOf = (time: number | string | null): number | null =>
  typeof time === 'string' ? Date.parse(time) : time;

/**
 * A name out of the data: in its own direction, broken where it has to be, and with nothing in it that a
 * reader cannot see.
 */
export const name = (text: string): Html => html`<bdi class="name">${visible(text)}</bdi>`;

/** Names have hundreds of characters at most; a value that stands like one may have millions. */
const MOST_SHOWN = 2_000;

/** The same where a text may be long and stands among others: three lines of it, more behind it. */
export function shortName(text: string): Html {
  const shown = visible(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text);
  return html`<bdi class="name short" title="${shown}">${shown}</bdi>`;
}

/** A technical text, such as an address or a digest. */
export const code = (text: string): Html => html`<code><bdi>${visible(text)}</bdi></code>`;

/** A message whose commands stand between backticks, as a terminal shows them. */
export function sentence(text: string): Html {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return html`${text}`;
  return html`${parts.map((part, i) => (i % 2 === 0 ? html`${part}` : html`<code class="command">${part}</code>`))}`;
}

const SAID: Readonly<Record<string, string>> = {
  delivered: 'good',
  success: 'good',
  duplicate: 'good',
  'already there': 'good',
  completed: 'good',
  live: 'good',
  ok: 'good',
  restored: 'bad',
  diverged: 'bad',
  cloned: 'bad',
  gaps: 'warn',
  rejected: 'bad',
  terminal: 'bad',
  terminal_failed: 'bad',
  failed: 'bad',
  problem: 'bad',
  open: 'bad',
  transient: 'warn',
  failed_transient: 'warn',
  warning: 'warn',
  paused: 'warn',
  pending: 'wait',
  unsent: 'wait',
  waiting: 'wait',
  active: 'wait',
  delayed: 'wait',
};

/** The status of a delivery in the words of lists and funnels. */
export const statusWord = (status: string): string =>
  status === 'duplicate' ? 'already there' : (TERM_OF_STATUS[status as DeliveryStatus] ?? status);

/** A state as a word; its colour only repeats it. */
export const badge = (state: string): Html =>
  html`<span class="badge ${SAID[state] ?? 'other'}">${visible(state).replaceAll('_', ' ')}</span>`;
