import { dispatchQueueOf } from '../app/jobs/queue-names.js';
import { WAITS } from '../dispatch/waits.js';
import { plainMessage } from '../files/trouble.js';
import { addDrain } from './nudge.js';
import { type Prospect, prospectOf } from './prospect.js';
import type { Service } from './service.js';

/** What a look at one target decided. */
export interface SweepResult {
  readonly did: 'added' | 'coming' | 'nothing' | 'quiet' | 'blocked';
  /** When there is something to do, in epoch milliseconds, as far as it is known; undefined: nothing waits. */
  readonly nextAt: number | undefined;
}

/** The store of jobs, and not the journal, is where a look at a target ended. */
export class JobsOutOfReachError extends Error {
  override readonly name = 'JobsOutOfReachError';
}

/** Who looks: a sweep, or the watch, which does not leave new events to a retry that is far off. */
export type Looker = 'sweep' | 'watch';

/**
 * Looks into the ledger for work that no job names: new events, lost nudges, due
 * retries, what a killed drain left in flight. Adds a drain where there is
 * some and none is on its way.
 *
 * @throws JobsOutOfReachError with its cause; otherwise what the journal throws.
 */
export async function sweepTarget(
  service: Service,
  targetId: number | undefined,
  looker: Looker = 'sweep',
): Promise<SweepResult> {
  const prospect = await prospectOf(service, targetId);
  if (prospect === undefined || 'reason' in prospect) return { did: 'blocked', nextAt: undefined };
  const now = service.app.now();
  const { work, quietUntil } = prospect;
  if (!isDue(prospect, now)) return { did: 'nothing', nextAt: work.nextRetryAt ?? undefined };
  // What stood in the way is asked for again by retries and sweeps, not by every new event.
  if (looker === 'watch' && (prospect.target?.blockedReason ?? null) !== null)
    return { did: 'blocked', nextAt: undefined };
  if (quietUntil > now) return { did: 'quiet', nextAt: quietUntil };
  const within =
    looker === 'watch' && work.hasUnsent ? LEFT_TO_A_RETRY_MS : service.options.sweepInterval;
  if (!(await addsDrain(service, targetId, now + within)))
    return { did: 'coming', nextAt: undefined };
  const fields = { target: targetId ?? prospect.target?.id ?? null };
  if (looker === 'sweep') service.log.info(fields, 'work found by the sweep');
  else service.log.debug(fields, 'work found by the watch');
  return { did: 'added', nextAt: undefined };
}

/** Milliseconds that new events may wait for a drain that waits out its backoff. */
const LEFT_TO_A_RETRY_MS = 500;

function isDue({ work }: Prospect, now: number): boolean {
  const { hasUnsent, nextRetryAt, inFlight } = work;
  return (
    hasUnsent || inFlight || (nextRetryAt !== null && WAITS.standing(nextRetryAt, now) === null)
  );
}

/** Adds a drain unless one comes by then; returns whether it did. */
async function addsDrain(
  service: Service,
  targetId: number | undefined,
  by: number,
): Promise<boolean> {
  try {
    if (await drainIsComing(service, targetId, by)) return false;
    await addDrain(service.queues, targetId);
    return true;
  } catch (cause) {
    throw new JobsOutOfReachError(plainMessage(cause), { cause });
  }
}

/** One that waits, runs, or waits out its backoff but comes by then. */
async function drainIsComing(
  { queues }: Service,
  targetId: number | undefined,
  by: number,
): Promise<boolean> {
  const jobs = await queues
    .queue(dispatchQueueOf(targetId))
    .getJobs(['waiting', 'active', 'delayed'], 0, 99);
  return jobs.some(({ name, runAt }) => name === 'drain' && (runAt === null || runAt <= by));
}
