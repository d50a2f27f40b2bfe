import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DrainReport } from '../dispatch/drain-report.js';
import type { LoggedPost } from '../ledger/delivery-ledger.js';

const OUTCOMES = [
  'delivered',
  'duplicate',
  'pending',
  'rejected',
  'transient',
  'terminal_failed',
] as const satisfies (keyof DrainReport)[];

/** Of the counts of a capture. `lost` is there from the start: nobody sees a counter begin at 1. */
const VERDICTS = ['captured', 'spooled', 'from_spool', 'lost', 'invalid'];

/** Counts what this process did; what the home holds is read when somebody asks (`home-gauges.ts`). */
export class WorkerMetrics {
  readonly registry = new Registry();
  readonly #captured = new Counter({
    name: 'redrain_events_captured_total',
    help: 'Events this worker captured, by what became of them',
    labelNames: ['verdict'],
    registers: [this.registry],
  });
  readonly #deliveries = new Counter({
    name: 'redrain_deliveries_total',
    help: 'Verdicts on events this worker delivered',
    labelNames: ['target', 'outcome'],
    registers: [this.registry],
  });
  readonly #batchSeconds = new Histogram({
    name: 'redrain_batch_seconds',
    help: 'Time of one post',
    labelNames: ['target'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60],
    registers: [this.registry],
  });
  readonly #bytes = new Counter({
    name: 'redrain_sent_bytes_total',
    help: 'Bytes of request bodies as sent',
    labelNames: ['target'],
    registers: [this.registry],
  });
  readonly #jobs = new Counter({
    name: 'redrain_jobs_total',
    help: 'Attempts at jobs that this worker ended',
    labelNames: ['queue', 'result'],
    registers: [this.registry],
  });

  readonly #jobSeconds = new Histogram({
    name: 'redrain_job_duration_seconds',
    help: 'Time of one attempt at a job, by how it ended',
    labelNames: ['queue', 'result'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800],
    registers: [this.registry],
  });
  readonly #warnings = new Counter({
    name: 'redrain_job_warnings_total',
    help: 'Jobs completed with a warning, by cause',
    labelNames: ['queue', 'cause'],
    registers: [this.registry],
  });
  readonly #repairs = new Counter({
    name: 'redrain_queue_repairs_total',
    help: 'Times that halves of jobs were found and repaired',
    labelNames: ['queue'],
    registers: [this.registry],
  });
  readonly #targets = new Gauge({
    name: 'redrain_worker_targets',
    help: 'Targets that this worker was started for: in service, or out of it',
    labelNames: ['state'],
    registers: [this.registry],
  });
  readonly #homeReadable = new Gauge({
    name: 'redrain_home_readable',
    help: '1 when the gauges about the home could be read, 0 when they are missing',
    registers: [this.registry],
  });

  /** `dropped` counts the log lines that were lost so far. */
  constructor(dropped: () => number = () => 0) {
    const { registry } = this;
    new Counter({
      name: 'redrain_log_lines_dropped_total',
      help: 'Log lines that stdout did not take',
      registers: [registry],
      collect() {
        this.reset();
        this.inc(dropped());
      },
    });
    for (const verdict of VERDICTS) this.#captured.inc({ verdict }, 0);
  }

  captured(verdict: string, events: number): void {
    if (events > 0) this.#captured.inc({ verdict }, events);
  }

  posted(target: number, post: LoggedPost): void {
    this.#batchSeconds.observe({ target }, post.durationMs / 1000);
    this.#bytes.inc({ target }, post.bytesSent);
  }

  /** Adds what a report counts more than the one before it. */
  delivered(target: number, report: DrainReport, before: DrainReport | undefined): void {
    for (const outcome of OUTCOMES) {
      const more = report[outcome] - (before?.[outcome] ?? 0);
      if (more > 0) this.#deliveries.inc({ target, outcome }, more);
    }
  }

  homeReadable(readable: boolean): void {
    this.#homeReadable.set(readable ? 1 : 0);
  }

  jobWarned(queue: string, cause: string): void {
    this.#warnings.inc({ queue, cause });
  }

  repaired(queue: string): void {
    this.#repairs.inc({ queue });
  }

  targets(served: number, out: number): void {
    this.#targets.set({ state: 'served' }, served);
    this.#targets.set({ state: 'out' }, out);
  }

  /** After `seconds` of work. */
  jobEnded(queue: string, result: 'completed' | 'failed' | 'put_off', seconds: number): void {
    this.#jobs.inc({ queue, result });
    this.#jobSeconds.observe({ queue, result }, seconds);
  }
}
