import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestSummary } from '../receive/handler.js';

const VERDICTS = ['success', 'duplicate', 'rejected'] as const;

/** Counts what this hub did; what is known of edges is read when somebody asks (`EdgeGauges`). */
export class HubMetrics {
  readonly registry = new Registry();
  readonly #events = new Counter({
    name: 'redrain_received_events_total',
    help: 'Events that came over HTTP, by format and verdict',
    labelNames: ['format', 'verdict'],
    registers: [this.registry],
  });
  readonly #requests = new Counter({
    name: 'redrain_received_requests_total',
    help: 'Requests for events, by the status of the answer',
    labelNames: ['status'],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: 'redrain_receive_seconds',
    help: 'Time from the head of a request to its answer',
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30],
    registers: [this.registry],
  });

  /** `inWork` counts the requests that are in work. */
  constructor(inWork: () => number) {
    new Gauge({
      name: 'redrain_receive_requests_in_work',
      help: 'Requests that are being answered',
      registers: [this.registry],
      collect() {
        this.set(inWork());
      },
    });
  }

  request(summary: Pick<RequestSummary, 'status'> & Partial<RequestSummary>): void {
    const { status, format = 'unknown', elapsedMs } = summary;
    this.#requests.inc({ status: String(status) });
    if (elapsedMs !== undefined) this.#seconds.observe(elapsedMs / 1000);
    for (const verdict of VERDICTS) {
      const events = summary[verdict] ?? 0;
      if (events > 0) this.#events.inc({ format, verdict }, events);
    }
  }
}
