import { modeGate } from '../app/target-permission.js';
import { wholeText } from '../base/advice.js';
import { plainMessage } from '../files/trouble.js';
import type { Work } from '../reports/finding.js';
import type { Service } from './service.js';

/** One thing that a worker needs to do its work. */
export interface ReadinessCheck {
  /** What is looked at: `journal`, `jobs`. */
  readonly name: string;
  /** Why it cannot be used; undefined when it can. A rejection is a reason too. */
  reason(): Promise<string | undefined>;
}

/** Milliseconds that one check may take: whoever asks has a deadline of their own. */
const PATIENCE_MS = 3_000;

/** Runs all checks side by side. One line, `name: reason`, for each that does not hold. */
export async function notReady(
  checks: readonly ReadinessCheck[],
  patienceMs = PATIENCE_MS,
): Promise<string[]> {
  const lines = await Promise.all(checks.map((check) => lineOf(check, patienceMs)));
  return lines.filter((line) => line !== undefined);
}

async function lineOf(check: ReadinessCheck, patienceMs: number): Promise<string | undefined> {
  const late = `no result after ${patienceMs / 1000} s`;
  const reason = await within(patienceMs, reasonOf(check), late);
  return reason === undefined ? undefined : `${check.name}: ${reason}`;
}

async function reasonOf(check: ReadinessCheck): Promise<string | undefined> {
  try {
    return await check.reason();
  } catch (error) {
    return plainMessage(error);
  }
}

/** What the work resolves with, or `late` when that takes longer. */
export async function within<T, L>(ms: number, work: Promise<T>, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<L>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  return Promise.race([work, patience]).finally(() => clearTimeout(timer));
}

/**
 * What `/readyz` says of a worker that is ready: targets out of service while
 * the rest goes on, and a mode that gives it nothing to send. A mode is what the
 * operator wants, so it makes no worker unready.
 */
export async function readyNotes({ app, targets }: Service, work: Work): Promise<string[]> {
  const notes = targets.all.flatMap(({ out }) => (out === undefined ? [] : [out]));
  if (work !== 'dispatch') return notes;
  const gate = modeGate(await app.situation());
  return gate === undefined ? notes : [...notes, wholeText(gate)];
}
