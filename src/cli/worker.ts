import type { WorkerKind } from '../workers/service.js';
import {
  declareWorkerOptions,
  type WorkerOptions,
  workerOptions,
} from '../workers/worker-options.js';
import { type CommandBody, type DefineCommand, example } from './command.js';
import type { GlobalOptions } from './output.js';

/** What each worker does, and its code: loaded when it is started. */
const WORKERS: Readonly<Record<WorkerKind['name'], readonly [string, () => Promise<WorkerKind>]>> =
  {
    capture: [
      'Take jobs that bring events, and what waits in the spool.',
      async () => (await import('../workers/capture-worker.js')).captureWorker,
    ],
    dispatch: [
      'Drain the active target, or those named, as events come.',
      async () => (await import('../workers/dispatch-worker.js')).dispatchWorker,
    ],
    migrate: [
      'Take jobs that import queue files of an earlier program.',
      async () => (await import('../workers/migrate-worker.js')).migrateWorker,
    ],
    gc: [
      'Take gc and archive jobs. They delete only what was enqueued with --yes.',
      async () => (await import('../workers/gc-worker.js')).gcWorker,
    ],
  };

/** `redrain worker NAME`: one worker, in this process. */
export const define: DefineCommand = (worker, run) => {
  worker
    .description(
      'Run a worker until SIGTERM: it takes jobs and logs JSON lines on stdout. Several of one kind share the work.',
    )
    .addHelpText('after', example('redrain worker dispatch'));
  for (const name of Object.keys(WORKERS) as WorkerKind['name'][])
    declareWorkerOptions(worker.command(name), name)
      .description(WORKERS[name][0])
      .addHelpText('after', example(`redrain worker ${name} --once`))
      .action(run(startWorker(name)));
};

/** The usual way to say more or less, where no level was named. */
function logLevel({ logLevel }: WorkerOptions, { quiet, verbose }: GlobalOptions): string {
  if (logLevel !== 'info') return logLevel;
  if (quiet === true) return 'error';
  return verbose === true ? 'debug' : logLevel;
}

function startWorker(name: WorkerKind['name']): CommandBody<WorkerOptions> {
  return async ({ options, globals }) => {
    const { home, unsafeHome } = globals;
    const { serveUntilStopped } = await import('../workers/run-worker.js');
    const kind = await WORKERS[name][1]();
    return serveUntilStopped(kind, {
      ...workerOptions(options),
      logLevel: logLevel(options, globals),
      ...(home === undefined ? {} : { home }),
      ...(unsafeHome === undefined ? {} : { unsafeHome }),
    });
  };
}
