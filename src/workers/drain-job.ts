import { UnknownTargetError } from '../app/drain-target.js';
import { DISPATCH_DATA, readData } from '../app/jobs/job-data.js';
import { namedTarget } from '../app/named-target.js';
import { type DrainDocument, type DrainReport, documentOf } from '../dispatch/drain-report.js';
import { DelayedError, RetryAtError, UnrecoverableError } from '../queue/errors.js';
import type { RunningJob } from '../queue/ports.js';
import { RetiredTargetError } from '../targets/registry.js';
import { drainResult, type WarnedResult } from './job-outcome.js';
import { prospectOf } from './prospect.js';
import type { Service } from './service.js';

/** Milliseconds before a drain asks again for a target that another process drains. */
export const LOCKED_PAUSE_MS = 1_000;
/** Long enough that a worker on its way out does not take its own job again. */
export const STOPPED_PAUSE_MS = 1_000;
/** The least pause before a retry, whatever the ledger says: a job is not a busy loop. */
const LEAST_PAUSE_MS = 100;

/**
 * One drain as a job: the ledger decides what is sent and when it is tried
 * again, the job follows it. It never makes an event terminal.
 */
export async function runDrain(
  service: Service,
  served: number | undefined,
  job: RunningJob,
): Promise<DrainDocument | WarnedResult> {
  const targetId = await askedFor(service, job);
  await assertServed(service, served, targetId);
  const report = await drainWatched(service, targetId ?? served, job);
  const { failures: _failures, warnings, ...counts } = report;
  service.log.info({ job: job.id, target: report.target_id, ...counts }, 'drained');
  for (const { message, count } of warnings)
    service.log.warn({ job: job.id, target: report.target_id, count }, message);
  await follow(service, served, job, report);
  return drainResult(report);
}

/** The target that a job names; undefined: whichever is served. */
async function askedFor({ app }: Service, job: RunningJob): Promise<number | undefined> {
  const { targetId, target } = readData(DISPATCH_DATA, job.data);
  if (target === undefined) return targetId;
  const { targets } = await app.stores();
  const named = namedTarget(targets, await app.situation(), target);
  return (await named.catch(lasting)).id;
}

function lasting(error: Error): never {
  throw new UnrecoverableError(error.message);
}

/** A job for another target than the one served is not run in its place. */
async function assertServed(
  service: Service,
  served: number | undefined,
  asked: number | undefined,
): Promise<void> {
  if (asked === undefined || asked === served) return;
  if (served === undefined) {
    const prospect = await prospectOf(service, undefined);
    if (prospect !== undefined && 'target' in prospect && prospect.target?.id === asked) return;
  }
  const name = (await (await service.app.stores()).targets.find(asked))?.name ?? String(asked);
  throw new UnrecoverableError(
    `this worker does not serve the target ${name}: start one with --target ${name}`,
  );
}

async function drainWatched(
  service: Service,
  targetId: number | undefined,
  job: RunningJob,
): Promise<DrainDocument> {
  const { app, log, metrics, stopping, options } = service;
  const { ledger } = await app.stores();
  const seen = new Map<number, number>();
  let before: DrainReport | undefined;
  const noteProgress = async (report: DrainReport): Promise<void> => {
    const target = report.target_id;
    if (target === null) return;
    // The posts of earlier drains are old news: this drain's are the newest ones.
    const from = seen.get(target) ?? Math.max(0, (await ledger.lastPost(target)) - report.posts);
    for (const post of await ledger.postsSince(target, from)) {
      seen.set(target, post.id);
      metrics.posted(target, post);
      log.info({ job: job.id, target, batch: post.id, ...withoutId(post) }, 'batch');
    }
    metrics.delivered(target, report, before);
    before = { ...report };
  };
  const report = await app
    .drain({
      ...(targetId === undefined ? {} : { targetId }),
      ignoreBackoff: false,
      waitForLock: options.once,
      signal: AbortSignal.any([job.signal, stopping]),
      onWarning: (line) => log.warn({ job: job.id }, line),
      onProgress: noteProgress,
    })
    .catch((error: unknown) => translate(service, error));
  await noteProgress(report);
  return documentOf(report);
}

function withoutId<T extends { readonly id: number }>({ id: _id, ...rest }: T): Omit<T, 'id'> {
  return rest;
}

/** What no further attempt can change is not tried again; a retired target may be restored. */
async function translate({ targets, app }: Service, error: unknown): Promise<never> {
  if (error instanceof UnknownTargetError) throw new UnrecoverableError(error.message);
  if (!(error instanceof RetiredTargetError)) throw error;
  await targets.refresh();
  throw new DelayedError(app.now() + LOCKED_PAUSE_MS, error.message);
}

/** Makes the job end as the ledger does: done, put off, or due again when the ledger says so. */
async function follow(
  service: Service,
  served: number | undefined,
  job: RunningJob,
  report: DrainDocument,
): Promise<void> {
  const now = service.app.now();
  if (report.blocked_reason === 'daemon_lock')
    throw new DelayedError(now + LOCKED_PAUSE_MS, 'another process drains this target');
  if (report.interrupted)
    throw new DelayedError(now + STOPPED_PAUSE_MS, 'the worker was asked to stop');
  const isTransient = report.transient > 0 || report.blocked_reason === 'network_unavailable';
  if (!isTransient) return;
  const at = await nextAttemptAt(service, served, now);
  if (at === undefined || (await isLeftToAnother(service, job))) return;
  const due = Math.max(at, now + LEAST_PAUSE_MS);
  // What gets through proves that the target lives: attempts are for one that does not.
  if (report.delivered + report.duplicate > 0) throw new DelayedError(due, retryReason(report));
  throw new RetryAtError(due, retryReason(report));
}

function retryReason({ transient, message, failures }: DrainDocument): string {
  const last = failures.findLast(({ outcome }) => outcome === 'transient')?.reason;
  const what = transient > 0 ? `${transient} to be tried again` : 'nothing could be sent';
  return [what, message ?? last].filter(Boolean).join(': ');
}

/** When the ledger has something due again and the target may be asked; undefined: nothing waits. */
async function nextAttemptAt(
  service: Service,
  served: number | undefined,
  now: number,
): Promise<number | undefined> {
  const prospect = await prospectOf(service, served);
  if (prospect === undefined || 'reason' in prospect) return undefined;
  const { work, quietUntil } = prospect;
  if (work.hasUnsent) return Math.max(now, quietUntil);
  return work.nextRetryAt === null ? undefined : Math.max(work.nextRetryAt, quietUntil);
}

/** One chain of retries per target: a second would only count its own attempts down. */
async function isLeftToAnother({ queues }: Service, job: RunningJob): Promise<boolean> {
  const delayed = await queues.queue(job.queue).getJobs(['delayed'], 0, 9);
  return delayed.some(({ id, name }) => name === 'drain' && id !== job.id);
}
