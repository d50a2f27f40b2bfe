import { anError, aWarning, type Finding } from './finding.js';
import { headOf, type Tried } from './judge.js';

/** Less may be the time that an answer takes, or one that was kept on its way. */
const TOLERATED_MS = 2 * 60_000;
const REFUSALS = new Set([400, 401, 403]);

/** How far the receiver's clock is ahead of ours, in milliseconds; undefined where it tells no time. */
export function skewOf({ answers, startedAt, endedAt }: Tried): number | undefined {
  const told = Date.parse(headOf(answers.at(-1))?.headers.date ?? '');
  if (Number.isNaN(told)) return undefined;
  // It tells whole seconds, of a moment between request and answer.
  if (told >= startedAt - 1_000 && told <= endedAt + 1_000) return 0;
  return told - Math.round((startedAt + endedAt) / 2);
}

/** Two clocks that are minutes apart; which of them is wrong cannot be told. */
export function skewWarning(skew: number): Finding[] {
  if (Math.abs(skew) < TOLERATED_MS) return [];
  return [aWarning('clock', `${apart(skew)}: one of the two is wrong.`)];
}

/** A signature holds the time, and is refused when that is too far off. */
export function skewFault(
  skew: number,
  refusal: Finding,
  isSigned: boolean,
  status: number | null,
): Finding | undefined {
  if (!isSigned || Math.abs(skew) < TOLERATED_MS || !REFUSALS.has(status ?? 0)) return undefined;
  const message = `${apart(skew)}, and signatures are good for five minutes: set the clock that is wrong. ${refusal.message}`;
  return anError('clock', message);
}

function apart(skew: number): string {
  const side = skew > 0 ? 'ahead of' : 'behind';
  return `Its clock is ${span(Math.abs(skew))} ${side} the one of this machine`;
}

function span(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  return `${Math.round(minutes / 60)} hours`;
}
