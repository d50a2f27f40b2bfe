import { App } from '../app/app.js';
import { openQueues } from '../app/jobs/open-queues.js';
import { isRedrainError } from '../base/error.js';
import { EXIT, worstOf } from '../base/exit-codes.js';
import type { Queues } from '../queue/ports.js';
import { WorkerMetrics } from './metrics.js';
import { openQueuesAtLast, QueuesWatch } from './opened-queues.js';
import { Presence } from './presence.js';
import { logProcessTrouble } from './process-trouble.js';
import { type ReadinessCheck, readyNotes } from './readiness.js';
import { ServedQueues } from './served-queues.js';
import type { Service, WorkerKind } from './service.js';
import { atTerminal, onSignals, type StopSignals } from './signals.js';
import { stoppedWork } from './stopped-work.js';
import { Sweeper } from './sweeper.js';
import { loggedTargets } from './target-changes-log.js';
import { TroubleLog } from './trouble-log.js';
import { WorkerHealth } from './worker-health.js';
import { type WorkerLog, workerLog } from './worker-log.js';
import type { WorkerOptions } from './worker-options.js';

/** Does the work of this kind until a signal asks to stop, or with `once` until none is left. Returns the exit code. */
export function serveUntilStopped(kind: WorkerKind, options: WorkerOptions): Promise<number> {
  return new WorkerProcess(kind, options).run();
}

/** The life of a worker: open, serve, sweep, stop in order. */
class WorkerProcess {
  readonly #kind: WorkerKind;
  readonly #options: WorkerOptions;
  readonly #worker: WorkerLog;
  readonly #metrics: WorkerMetrics;
  #exitCode: number = EXIT.done;

  constructor(kind: WorkerKind, options: WorkerOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#worker = workerLog(kind.name, options.logLevel);
    this.#metrics = new WorkerMetrics(() => this.#worker.dropped());
  }

  async run(): Promise<number> {
    const forget = logProcessTrouble(this.#worker);
    const signals = onSignals(this.#worker, {
      graceMs: this.#options.grace,
      atTerminal: atTerminal(),
    });
    try {
      await this.#work(signals);
      return this.#exitCode;
    } catch (error) {
      this.#worker.log.fatal({ err: error }, 'the worker cannot go on');
      return isUsage(error) ? EXIT.usage : EXIT.internal;
    } finally {
      signals.done();
      forget();
      await this.#worker.end();
    }
  }

  async #work({ stopping, asked }: StopSignals): Promise<void> {
    const { home, unsafeHome, metricsPort } = this.#options;
    const app = new App({ home, unsafeHome: unsafeHome === true });
    const health = new WorkerHealth({ app, metrics: this.#metrics, stopping });
    try {
      if (metricsPort !== undefined) await health.listen(metricsPort);
      let queues = await this.#open(app, health, stopping, isOutOfReach(this.#options.once));
      while (queues !== undefined) {
        const isReplaced = await this.#serveUntilReplaced(app, queues, health, { stopping, asked });
        queues =
          isReplaced && !stopping.aborted ? await this.#reopen(app, health, stopping) : undefined;
      }
    } finally {
      await health.close();
      await app.close();
    }
  }

  #reopen(app: App, health: WorkerHealth, stopping: AbortSignal): Promise<Queues | undefined> {
    this.#worker.log.warn('jobs.db was replaced or removed: opening what is there now');
    return this.#open(app, health, stopping, () => true);
  }

  #open(
    app: App,
    health: WorkerHealth,
    stopping: AbortSignal,
    mayPass: (error: unknown) => boolean,
  ): Promise<Queues | undefined> {
    return openQueuesAtLast({
      open: () => openQueues(app),
      trouble: new TroubleLog(this.#worker.log),
      stopping,
      mayPass,
      onReason: (reason) => health.waitsFor(reason),
    });
  }

  /** With these queues as long as their file is the one at the path. True when it no longer is. */
  async #serveUntilReplaced(
    app: App,
    queues: Queues,
    health: WorkerHealth,
    { stopping, asked }: Pick<StopSignals, 'stopping' | 'asked'>,
  ): Promise<boolean> {
    const watch = new QueuesWatch(queues);
    const service = this.#service(app, queues, AbortSignal.any([stopping, watch.signal]));
    try {
      await this.#serve(service, health, Promise.race([asked, watch.whenReplaced()]));
      return watch.signal.aborted;
    } finally {
      watch.stop();
      await queues.close();
    }
  }

  #service(app: App, queues: Queues, stopping: AbortSignal): Service {
    const { log } = this.#worker;
    const options = this.#options;
    const metrics = this.#metrics;
    const trouble = new TroubleLog(log);
    const given = options.allTargets ? 'all' : options.target;
    const targets = loggedTargets(app, given, log, metrics);
    return { app, queues, log, trouble, metrics, targets, stopping, options };
  }

  async #serve(service: Service, health: WorkerHealth, asked: Promise<void>): Promise<void> {
    const served = new ServedQueues(this.#kind, service);
    const presence = new Presence(this.#kind, service, () => served.serving);
    const sweeper = new Sweeper(this.#kind, service, async () => {
      await served.refresh();
      await presence.say();
    });
    // What the sweep finds on its own is there before anybody looks for an idle queue.
    await sweeper.sweep();
    presence.start();
    health.serves(service, readinessChecks(service, served, this.#kind.name), () =>
      readyNotes(service, this.#kind.name),
    );
    const { queues } = served.serving;
    service.log.info({ queues, metrics_port: health.port }, 'ready');
    if (this.#options.once) await Promise.race([asked, served.whenIdle()]);
    else {
      const watch = this.#kind.watch?.(service, () => void sweeper.sweep());
      sweeper.start();
      watch?.start();
      await asked;
      await watch?.stop();
    }
    await sweeper.stop();
    await served.close();
    await presence.stop();
    this.#exitCode = exitCodeOf(service, served);
    service.log.info('stopped');
  }
}

/** Of a pass from cron: what the commands would have said; last, that a target could not be served. */
function exitCodeOf({ options, targets }: Service, { exitCodes }: ServedQueues): number {
  if (!options.once) return EXIT.done;
  const worst = worstOf(exitCodes);
  const isOut = targets.all.some(({ out }) => out !== undefined);
  return worst === EXIT.done && isOut ? EXIT.usage : worst;
}

/** What this worker needs to do its work, as `/readyz` tells it. */
function readinessChecks(
  service: Service,
  served: ServedQueues,
  work: WorkerKind['name'],
): ReadinessCheck[] {
  const { app, queues, targets } = service;
  return [
    { name: 'journal', reason: () => app.assertJournal().then(() => undefined) },
    { name: 'jobs', reason: () => queues.assertCurrent().then(() => served.trouble) },
    { name: 'targets', reason: async () => targets.outOfService },
    { name: work, reason: () => stoppedWork(service, work, served.serving.queues) },
  ];
}

/** A store of jobs that cannot be reached now may be there later; a pass from cron does not wait for it. */
const isOutOfReach =
  (once: boolean) =>
  (error: unknown): boolean =>
    !once && isRedrainError(error) && error.code === 'QUEUE_STORE';

/** What a worker was started with, rather than what happened to it. */
const WRONG_START: ReadonlySet<string> = new Set([
  'NO_HOME',
  'HOME_ON_NETWORK',
  'TARGET_UNKNOWN',
  'TARGET_NAME_UNKNOWN',
  'TARGET_RETIRED',
  'QUEUE_ADDRESS',
  'QUEUE_PACKAGE_MISSING',
  'QUEUE_SCHEMA',
]);

function isUsage(error: unknown): boolean {
  return isRedrainError(error) && WRONG_START.has(error.code);
}
