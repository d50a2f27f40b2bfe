import { App } from '../app/app.js';
import { Taking } from '../app/receive/taking.js';
import { isRedrainError, RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { errorCode, plainMessage } from '../files/trouble.js';
import type { EnvelopeRules } from '../journal/envelope.js';
import type { ReceiverLimits } from '../receive/limits.js';
import { EdgeGauges } from '../workers/edge-gauges.js';
import { HealthServer } from '../workers/health-server.js';
import { logProcessTrouble } from '../workers/process-trouble.js';
import { notReady, type ReadinessCheck, within } from '../workers/readiness.js';
import { atTerminal, onSignals, type StopSignals } from '../workers/signals.js';
import { TroubleLog } from '../workers/trouble-log.js';
import { type WorkerLog, workerLog } from '../workers/worker-log.js';
import { Admission, type SenderRule, tokensAskedFor } from './admission.js';
import { HubHandler } from './hub-handler.js';
import { HubMetrics } from './hub-metrics.js';
import { HubServer } from './hub-server.js';
import type { WorkLimits } from './work-limit.js';

/** How a hub process was started. */
export interface HubOptions {
  readonly home?: string;
  readonly unsafeHome?: boolean;
  readonly port: number;
  readonly host: string;
  /** Who may send. */
  readonly senders: SenderRule;
  /** What goes before the capture rules of the configuration. */
  readonly rules: Partial<EnvelopeRules>;
  readonly limits: ReceiverLimits;
  readonly work: WorkLimits;
  readonly metricsPort?: number;
  /** Milliseconds that requests under way have at the end. */
  readonly grace: number;
  readonly logLevel: string;
}

/** The port cannot be listened on. */
class CannotReceiveError extends RedrainError {
  override readonly name = 'CannotReceiveError';
  readonly code = 'CANNOT_RECEIVE';
}

/** Takes events over HTTP until a signal asks to stop. Returns the exit code. */
export function receiveUntilStopped(options: HubOptions): Promise<number> {
  return new HubProcess(options).run();
}

/** Milliseconds that reading the home may hold up the metrics of this process. */
const PATIENCE_MS = 3_000;
const FAILED = { what: 'a request failed' };
const NOT_TAKEN = { what: 'events could not be taken: senders were told to come again' };

/** The life of a hub: open, listen, take, stop in order. */
class HubProcess {
  readonly #options: HubOptions;
  readonly #worker: WorkerLog;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#worker = workerLog('receive', options.logLevel);
  }

  async run(): Promise<number> {
    const forget = logProcessTrouble(this.#worker);
    const { grace } = this.#options;
    const signals = onSignals(this.#worker, { graceMs: grace, atTerminal: atTerminal() });
    try {
      await this.#work(signals);
      return EXIT.done;
    } catch (error) {
      this.#worker.log.fatal({ err: error }, 'the hub cannot go on');
      return isRedrainError(error) ? error.exitCode : EXIT.internal;
    } finally {
      signals.done();
      forget();
      await this.#worker.end();
    }
  }

  async #work(signals: StopSignals): Promise<void> {
    const { home, unsafeHome } = this.#options;
    const app = new App({ home, unsafeHome: unsafeHome === true });
    const taking = new Taking(app, this.#options.rules);
    try {
      await this.#serve(app, taking, signals);
      await taking.settled();
      this.#worker.log.info('stopped');
    } finally {
      await app.close();
    }
  }

  async #serve(app: App, taking: Taking, { stopping, asked }: StopSignals): Promise<void> {
    const checks = this.#checks(app);
    const reasons = async (): Promise<string[]> =>
      stopping.aborted ? ['stopping'] : notReady(checks);
    const metrics: HubMetrics = new HubMetrics(() => handler.requestsInWork);
    const handler = this.#handler(app, taking, metrics, reasons);
    const health = await this.#health(app, metrics, reasons);
    try {
      const server = await this.#listen((request) => handler.handle(request));
      this.#worker.log.info({ url: server.url, metrics_port: health?.port ?? null }, 'ready');
      await asked;
      await server.close();
    } finally {
      await health?.close();
    }
  }

  #handler(
    app: App,
    taking: Taking,
    metrics: HubMetrics,
    reasons: () => Promise<string[]>,
  ): HubHandler {
    const { log } = this.#worker;
    const { senders, limits, work } = this.#options;
    const trouble = new TroubleLog(log);
    return new HubHandler({
      taking,
      admission: new Admission(senders, async () => (await app.stores()).edges),
      limits,
      work,
      now: () => app.now(),
      notReady: reasons,
      onRequest: (summary) => {
        metrics.request(summary);
        log.debug(summary, 'request');
        if (summary.status === 503) trouble.note(NOT_TAKEN, new Error(summary.reason ?? 'busy'));
        else if (summary.status < 300) trouble.over(NOT_TAKEN);
      },
      onError: (error) => trouble.note(FAILED, error),
    });
  }

  #checks(app: App): ReadinessCheck[] {
    const { senders } = this.#options;
    const journal = { name: 'journal', reason: () => app.assertJournal().then(() => undefined) };
    if (!('tokens' in senders)) return [journal];
    const reason = async (): Promise<undefined> => void tokensAskedFor(senders)?.tokens();
    return [journal, { name: 'tokens', reason }];
  }

  async #health(
    app: App,
    metrics: HubMetrics,
    reasons: () => Promise<string[]>,
  ): Promise<HealthServer | undefined> {
    const { metricsPort } = this.#options;
    if (metricsPort === undefined) return undefined;
    const edges = new EdgeGauges(metrics.registry, app);
    const { registry } = metrics;
    return HealthServer.start(metricsPort, {
      notReady: reasons,
      metrics: async () => {
        // What this process counted is there whatever becomes of the home.
        await within(
          PATIENCE_MS,
          edges.refresh().catch(() => undefined),
          undefined,
        );
        return { type: registry.contentType, text: await registry.metrics() };
      },
    });
  }

  async #listen(handle: (request: Request) => Promise<Response>): Promise<HubServer> {
    const { host, port } = this.#options;
    try {
      return await HubServer.start({ host, port }, handle);
    } catch (error) {
      const isTaken = errorCode(error) === 'EADDRINUSE';
      const why = isTaken ? 'another program listens there' : plainMessage(error);
      throw new CannotReceiveError(`cannot receive on port ${port} of ${host}: ${why}`);
    }
  }
}
