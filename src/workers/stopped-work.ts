import { targetOfQueue } from '../app/jobs/queue-names.js';
import { reportStatus } from '../app/status.js';
import type { Finding, Work } from '../reports/finding.js';
import type { Service } from './service.js';

/** What the checks of this process know better: they look at the files it has open. */
const CHECKED_HERE: ReadonlySet<string> = new Set(['schema', 'jobs', 'retired']);

/** Findings that are about the target in force, and none of a worker for named ones. */
const OF_ACTIVE: ReadonlySet<string> = new Set(['delivery', 'credentials', 'target_authority']);

/**
 * Why a worker cannot do any of its work, by the list that `status` and
 * `doctor` show; undefined while one of its queues can be served.
 */
export async function stoppedWork(
  { app }: Service,
  work: Work,
  queues: readonly string[],
): Promise<string | undefined> {
  const { document, findings } = await reportStatus(app);
  const { delivery_targets: targets } = document;
  const current = 'error' in targets ? null : targets.current.target_id;
  const stopping = findings.filter(
    ({ check, stops }) => stops.includes(work) && !CHECKED_HERE.has(check),
  );
  const byQueue = queues.map((queue) => stopping.filter((one) => concerns(one, queue, current)));
  if (byQueue.length === 0 || byQueue.some((found) => found.length === 0)) return undefined;
  return [...new Set(byQueue.flat().map(({ message }) => message))].join('; ');
}

function concerns(finding: Finding, queue: string, current: number | null): boolean {
  if (finding.queue !== null) return finding.queue === queue;
  const target = targetOfQueue(queue);
  if (OF_ACTIVE.has(finding.check) || finding.target_id === null)
    return !OF_ACTIVE.has(finding.check) || target === undefined;
  return target === finding.target_id || (target === undefined && finding.target_id === current);
}
