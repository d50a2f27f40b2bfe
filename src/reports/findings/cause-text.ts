import { grouped } from '../../base/grouped.js';
import type { CountedCause } from '../ledger-section.js';

const MOST_SHOWN = 3;

/** `"type PaymentFailed refused"`, or with several causes each with its number. */
export function causesText(
  causes: readonly CountedCause[],
  state: CountedCause['state'],
): string | null {
  const all = causes.filter((row) => row.state === state);
  const [only] = all;
  if (only === undefined) return null;
  if (all.length === 1) return only.cause === null ? null : quoted(only);
  const shown = all.slice(0, MOST_SHOWN);
  const rest = all.slice(MOST_SHOWN).reduce((sum, { events }) => sum + events, 0);
  const parts = shown.map((row) => `${quoted(row)} (${number(row.events)})`);
  if (rest > 0) parts.push(`other causes (${number(rest)})`);
  return parts.join(', ');
}

const quoted = ({ cause }: CountedCause): string =>
  cause === null ? 'cause not recorded' : `"${cause}"`;

export const number = (n: number): string => grouped(n);

/** `1 event`, `3,500 events`. */
export const counted = (n: number, noun: string): string =>
  `${number(n)} ${noun}${n === 1 ? '' : 's'}`;
