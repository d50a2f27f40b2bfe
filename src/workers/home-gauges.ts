import { Gauge, type Registry } from 'prom-client';
import type { App } from '../app/app.js';
import { readStatus } from '../app/status.js';
import { JOB_STATES } from '../queue/job.js';
import type { Queues } from '../queue/ports.js';
import type { JournalSection } from '../reports/journal-section.js';
import type { TargetLedger } from '../reports/ledger-section.js';
import { parseHolder } from '../targets/holder.js';

const CIRCUIT_VALUES = { closed: 0, half_open: 1, open: 2 } as const;
const WAITING_STATES = ['unsent', 'held', 'pending', 'rejected', 'transient', 'terminal'] as const;

/** What the home holds: read when somebody asks, so that an idle worker does not read at all. */
export class HomeGauges {
  readonly #app: App;
  #queues: Queues;
  readonly #depth = gauge('queue_jobs', 'Jobs by state', 'queue', 'state');
  readonly #age = gauge('queue_age_seconds', 'Age of the oldest job that could run', 'queue');
  readonly #retained = gauge('journal_events', 'Events whose bytes are retained');
  readonly #blocked = gauge(
    'blocked_events',
    'Events of the active target that cannot leave',
    'reason',
  );
  readonly #events = gauge('target_events', 'Events not delivered', 'target', 'state');
  readonly #oldest = gauge(
    'oldest_undelivered_seconds',
    'Age of the oldest event that may leave and was not delivered',
    'target',
  );
  readonly #circuit = gauge('circuit_state', '0 closed, 1 half open, 2 open', 'target');
  readonly #holder = gauge('lease_holder', 'Who drains a target now', 'target', 'holder');

  constructor(registry: Registry, app: App, queues: Queues) {
    this.#app = app;
    this.#queues = queues;
    for (const gauge of this.#all()) registry.registerMetric(gauge);
  }

  /** From now on of these: jobs.db was replaced, and opened again. */
  use(queues: Queues): void {
    this.#queues = queues;
  }

  async refresh(): Promise<void> {
    for (const gauge of this.#all()) gauge.reset();
    await this.#readQueues();
    await this.#readStatus();
    await this.#readLeases();
  }

  async #readQueues(): Promise<void> {
    for (const name of await this.#queues.names()) {
      const queue = this.#queues.queue(name);
      const counts = await queue.getJobCounts();
      for (const state of JOB_STATES) this.#depth.set({ queue: name, state }, counts[state]);
      const since = await queue.waitingSince();
      this.#age.set({ queue: name }, this.#seconds(since));
    }
  }

  async #readStatus(): Promise<void> {
    const { event_journal: journal, delivery_ledger: ledger } = await readStatus(this.#app);
    if (!('error' in journal)) this.#setJournal(journal);
    if ('error' in ledger) return;
    for (const row of ledger.per_target) if (!row.retired) this.#setTarget(row);
  }

  #setJournal({ retained_event_count: retained, drain_blocked: blocked }: JournalSection): void {
    this.#retained.set(retained);
    if (blocked.reason !== null) this.#blocked.set({ reason: blocked.reason }, blocked.waiting);
  }

  #setTarget(row: TargetLedger): void {
    const target = String(row.target_id);
    const { oldest_undelivered_at: oldest } = row;
    for (const state of WAITING_STATES) this.#events.set({ target, state }, row[state]);
    this.#oldest.set({ target }, this.#seconds(oldest === null ? null : Date.parse(oldest)));
    this.#circuit.set({ target }, CIRCUIT_VALUES[row.circuit.state]);
  }

  async #readLeases(): Promise<void> {
    const targets = await this.#app.readingStores(async (stores) => stores?.targets.list());
    for (const { id, leaseHolder } of targets ?? []) {
      const holder = parseHolder(leaseHolder);
      if (holder === undefined) continue;
      this.#holder.set({ target: String(id), holder: `${holder.host}:${holder.pid}` }, 1);
    }
  }

  #seconds(since: number | null): number {
    return since === null ? 0 : Math.max(0, this.#app.now() - since) / 1000;
  }

  #all(): Gauge[] {
    return [
      this.#depth,
      this.#age,
      this.#retained,
      this.#blocked,
      this.#events,
      this.#oldest,
      this.#circuit,
      this.#holder,
    ];
  }
}

function gauge(name: string, help: string, ...labelNames: string[]): Gauge {
  return new Gauge({ name: `redrain_${name}`, help, labelNames, registers: [] });
}
