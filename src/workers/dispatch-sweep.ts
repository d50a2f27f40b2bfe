import { dispatchQueueOf } from '../app/jobs/queue-names.js';
import { WAITS } from '../dispatch/waits.js';
import { addDrain } from './nudge.js';
import { type Prospect, prospectOf } from './prospect.js';
import type { Service } from './service.js';

/** What a sweep decided about one target. */
export type SweepResult = 'added' | 'coming' | 'nothing' | 'quiet' | 'blocked';

/**
 * Looks into the ledger for work that no job names: lost nudges, due
 * retries, what a killed drain left in flight. Adds a drain where there is
 * some and none is on its way.
 */
export async function sweepTarget(
  service: Service,
  targetId: number | undefined,
): Promise<SweepResult> {
  const prospect = await prospectOf(service, targetId);
  if (prospect === undefined || 'reason' in prospect) return 'blocked';
  const now = service.app.now();
  if (!isDue(prospect, now)) return 'nothing';
  if (prospect.quietUntil > now) return 'quiet';
  if (await drainIsComing(service, targetId, now)) return 'coming';
  await addDrain(service.queues, targetId);
  service.log.info({ target: targetId ?? prospect.target?.id ?? null }, 'work found by the sweep');
  return 'added';
}

function isDue({ work }: Prospect, now: number): boolean {
  const { hasUnsent, nextRetryAt, inFlight } = work;
  return (
    hasUnsent || inFlight || (nextRetryAt !== null && WAITS.standing(nextRetryAt, now) === null)
  );
}

/** One that waits, runs, or waits out its backoff but comes before the next sweep. */
async function drainIsComing(
  { queues, options }: Service,
  targetId: number | undefined,
  now: number,
): Promise<boolean> {
  const jobs = await queues
    .queue(dispatchQueueOf(targetId))
    .getJobs(['waiting', 'active', 'delayed'], 0, 99);
  return jobs.some(
    ({ name, runAt }) =>
      name === 'drain' && (runAt === null || runAt <= now + options.sweepInterval),
  );
}
