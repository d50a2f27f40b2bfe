import type { App } from '../app/app.js';
import { HealthServer } from './health-server.js';
import { HomeGauges } from './home-gauges.js';
import type { WorkerMetrics } from './metrics.js';
import { notReady, type ReadinessCheck, within } from './readiness.js';
import type { Service } from './service.js';

/** Milliseconds that reading the home may hold up the metrics of this process. */
const PATIENCE_MS = 3_000;

/** What the health server knows of before the databases are open. */
export interface HealthSurroundings {
  readonly app: App;
  readonly metrics: WorkerMetrics;
  readonly stopping: AbortSignal;
}

/**
 * Health of one worker process. It listens before anything is opened, so that
 * a process that waits for a locked database can be told from one that hangs.
 */
export class WorkerHealth {
  readonly #around: HealthSurroundings;
  #server: HealthServer | undefined;
  #gauges: HomeGauges | undefined;
  #checks: readonly ReadinessCheck[] = [];
  #waitsFor: string | undefined;
  #notes: () => Promise<readonly string[]> = async () => [];

  constructor(around: HealthSurroundings) {
    this.#around = around;
  }

  get port(): number | null {
    return this.#server?.port ?? null;
  }

  /** @throws MetricsPortError. */
  async listen(port: number): Promise<void> {
    this.#server = await HealthServer.start(port, {
      notReady: () => this.#notReady(),
      notes: () => this.#notes(),
      metrics: () => this.#metrics(),
    });
  }

  /** The worker takes jobs from now on; these checks say whether it can do them, the notes what it cannot do meanwhile. */
  serves(
    { app, queues }: Service,
    checks: readonly ReadinessCheck[],
    notes: () => Promise<readonly string[]>,
  ): void {
    this.#checks = checks;
    this.#notes = notes;
    if (this.#server === undefined) return;
    this.#gauges ??= new HomeGauges(this.#around.metrics.registry, app, queues);
    this.#gauges.use(queues);
  }

  /** Why the worker cannot take jobs yet; undefined: it can. */
  waitsFor(reason: string | undefined): void {
    this.#waitsFor = reason;
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #notReady(): Promise<string[]> {
    if (this.#around.stopping.aborted) return ['stopping'];
    if (this.#waitsFor !== undefined) return [`jobs: ${this.#waitsFor}`];
    if (this.#checks.length === 0) return ['starting'];
    return notReady(this.#checks);
  }

  /** What this process counted is there whatever becomes of the home. */
  async #metrics(): Promise<{ type: string; text: string }> {
    const { metrics } = this.#around;
    const readable = await within(PATIENCE_MS, this.#refresh(), false);
    metrics.homeReadable(readable);
    const { registry } = metrics;
    return { type: registry.contentType, text: await registry.metrics() };
  }

  async #refresh(): Promise<boolean> {
    return this.#gauges === undefined
      ? false
      : this.#gauges.refresh().then(
          () => true,
          () => false,
        );
  }
}
