import { MIGRATE_DATA, readData } from '../app/jobs/job-data.js';
import { MIGRATE_QUEUE } from '../app/jobs/queue-names.js';
import { RedrainError } from '../base/error.js';
import { EXIT, worstOf } from '../base/exit-codes.js';
import { DelayedError } from '../queue/errors.js';
import type { RunningJob } from '../queue/ports.js';
import type { MigrationReport } from '../spec-kitty/legacy/migration-report.js';
import { STOPPED_PAUSE_MS } from './drain-job.js';
import { RefusedJobError, WarnedResult } from './job-outcome.js';
import { nudgeDispatch } from './nudge.js';
import type { Service, WorkerKind } from './service.js';

/** Takes old queues in. Never cleans them up: that is for an operator to say. */
export const migrateWorker: WorkerKind = {
  name: 'migrate',
  defaultConcurrency: 1,
  async serves(service) {
    return [{ queue: MIGRATE_QUEUE, processor: (job) => run(service, job), concurrency: 1 }];
  },
};

async function run(service: Service, job: RunningJob): Promise<unknown> {
  const { app, log, stopping } = service;
  const { dryRun } = readData(MIGRATE_DATA, job.data);
  const { migrate } = await import('../app/spec-kitty/migrate.js');
  const report = await migrate(app, {
    dryRun,
    signal: AbortSignal.any([job.signal, stopping]),
    progress(done, of, { path, status }) {
      log.info({ job: job.id, done, of, source: path, status }, 'old queue');
      // How far it is can be lost; the import cannot.
      job.updateProgress({ done, of }).catch(() => undefined);
    },
  });
  if (report.interrupted && stopping.aborted)
    throw new DelayedError(app.now() + STOPPED_PAUSE_MS, 'the worker was asked to stop');
  if (!dryRun) await nudgeDispatch(service);
  return migrated(report);
}

/** Another program holds the files: another attempt may find them free. */
class SourceBusyError extends RedrainError {
  override readonly name = 'SourceBusyError';
  readonly code = 'SOURCE_BUSY';
  override readonly exitCode = EXIT.badInput;
}

/** What a damaged file still holds is only there: the job stays until somebody has looked. */
function migrated(report: MigrationReport): MigrationReport | WarnedResult {
  const bad = report.sources.filter(({ damage, error }) => damage !== null || error !== null);
  const { open_conflicts: conflicts } = report;
  if (bad.length > 0) {
    const named = bad.map(({ path, damage, error }) => `${path}: ${damage ?? error}`);
    const code = worstOf(conflicts > 0 ? [EXIT.conflict, EXIT.badInput] : [EXIT.badInput]);
    const reason = `not everything could be taken in: ${named.join('; ')}`;
    if (bad.every(({ status }) => status === 'busy')) throw new SourceBusyError(reason);
    throw new RefusedJobError(reason, report, code);
  }
  if (conflicts === 0) return report;
  const message = `${conflicts} conflicts to decide: \`redrain conflicts list\``;
  return new WarnedResult(report, 'conflicts', message, EXIT.conflict);
}
