import { Gauge, type Registry } from 'prom-client';
import type { App } from '../app/app.js';
import { readStatus } from '../app/status.js';
import { JOB_STATES } from '../queue/job.js';
import type { Queues } from '../queue/ports.js';
import type { JobsSection } from '../reports/jobs-section.js';
import type { JournalSection } from '../reports/journal-section.js';
import type { CountedCause, TargetLedger } from '../reports/ledger-section.js';
import type { TargetTerms } from '../reports/target-terms.js';
import { parseHolder } from '../targets/holder.js';
import { EdgeGauges } from './edge-gauges.js';
import { WORKER_NAMES } from './service.js';

const CIRCUIT_VALUES = { closed: 0, half_open: 1, open: 2 } as const;
/** The terms of the sum of each target: together they are every event that was ever captured. */
const TERMS = [
  'delivered',
  'pending',
  'rejected',
  'transient',
  'terminal',
  'coalesced',
  'replaced',
  'archived',
  'redacted',
  'purged',
  'held',
  'excluded',
  'unsent',
] as const satisfies (keyof TargetTerms)[];
/** Every text is a series of its own: of each target and state these, the rest as `other`. */
const MOST_CAUSES = 5;
/** Characters of a cause that tell it from others on a dashboard. */
const LONGEST_CAUSE = 100;

/** What the home holds: read when somebody asks, so that an idle worker does not read at all. */
export class HomeGauges {
  readonly #app: App;
  #queues: Queues;
  readonly #edges: EdgeGauges;
  readonly #depth = gauge('queue_jobs', 'Jobs by state', 'queue', 'state');
  readonly #age = gauge('queue_age_seconds', 'Age of the oldest job that could run', 'queue');
  readonly #workers = gauge('workers', 'Worker processes of this home that are alive', 'kind');
  readonly #retained = gauge('journal_events', 'Events whose payloads are retained');
  readonly #bytes = gauge('journal_bytes', 'Payload bytes retained');
  readonly #spoolEvents = gauge('spool_events', 'Events that wait for the journal in the spool');
  readonly #spoolFiles = gauge('spool_files', 'Files of the spool: whole, or torn', 'state');
  readonly #info = gauge('target_info', 'Names of targets; always 1', 'target', 'name', 'kind');
  readonly #blocked = gauge(
    'blocked_events',
    'Events of the active target that cannot leave',
    'reason',
  );
  readonly #events = gauge(
    'target_events',
    'Every event ever captured, by what became of it at this target',
    'target',
    'state',
  );
  readonly #causes = gauge(
    'cause_events',
    'Events that this target did not take, by what it said',
    'target',
    'state',
    'cause',
  );
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
    this.#edges = new EdgeGauges(registry, app);
  }

  /** From now on of these: jobs.db was replaced, and opened again. */
  use(queues: Queues): void {
    this.#queues = queues;
  }

  async refresh(): Promise<void> {
    for (const gauge of this.#all()) gauge.reset();
    await this.#readQueues();
    await this.#readStatus();
    await this.#readTargets();
    await this.#edges.refresh();
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
    const document = await readStatus(this.#app);
    const { event_journal: journal, delivery_ledger: ledger, jobs } = document;
    if (!('error' in journal)) this.#setJournal(journal);
    if (!('error' in jobs)) this.#setWorkers(jobs);
    if ('error' in ledger) return;
    for (const row of ledger.per_target) if (!row.retired) this.#setTarget(row);
  }

  #setWorkers({ workers }: JobsSection): void {
    for (const kind of WORKER_NAMES)
      this.#workers.set({ kind }, workers.filter((worker) => worker.kind === kind).length);
  }

  #setJournal({ spool, drain_blocked: blocked, ...journal }: JournalSection): void {
    this.#retained.set(journal.retained_event_count);
    this.#bytes.set(journal.journal_size_bytes);
    this.#spoolEvents.set(spool.events);
    this.#spoolFiles.set({ state: 'whole' }, spool.files);
    this.#spoolFiles.set({ state: 'torn' }, spool.torn_files);
    if (blocked.reason !== null) this.#blocked.set({ reason: blocked.reason }, blocked.waiting);
  }

  #setTarget(row: TargetLedger): void {
    const target = String(row.target_id);
    const { oldest_undelivered_at: oldest } = row;
    for (const state of TERMS) this.#events.set({ target, state }, row[state]);
    this.#setCauses(target, row.causes);
    this.#oldest.set({ target }, this.#seconds(oldest === null ? null : Date.parse(oldest)));
    this.#circuit.set({ target }, CIRCUIT_VALUES[row.circuit.state]);
  }

  /** Most events first, as they are counted; `other` stands for those without a text as well. */
  #setCauses(target: string, causes: readonly CountedCause[]): void {
    const named = new Map<string, number>();
    for (const { state, cause, events } of causes) {
      const before = named.get(state) ?? 0;
      const isNamed = cause !== null && before < MOST_CAUSES;
      if (isNamed) named.set(state, before + 1);
      const text = isNamed ? cause.slice(0, LONGEST_CAUSE) : 'other';
      this.#causes.inc({ target, state, cause: text }, events);
    }
  }

  async #readTargets(): Promise<void> {
    const targets = await this.#app.readingStores(async (stores) => stores?.targets.list());
    for (const { id, name, kind, retiredAt, leaseHolder } of targets ?? []) {
      const target = String(id);
      if (retiredAt === null) this.#info.set({ target, name, kind }, 1);
      const holder = parseHolder(leaseHolder);
      if (holder !== undefined)
        this.#holder.set({ target, holder: `${holder.host}:${holder.pid}` }, 1);
    }
  }

  #seconds(since: number | null): number {
    return since === null ? 0 : Math.max(0, this.#app.now() - since) / 1000;
  }

  #all(): Gauge[] {
    return [
      this.#depth,
      this.#age,
      this.#workers,
      this.#retained,
      this.#bytes,
      this.#spoolEvents,
      this.#spoolFiles,
      this.#info,
      this.#blocked,
      this.#events,
      this.#causes,
      this.#oldest,
      this.#circuit,
      this.#holder,
    ];
  }
}

function gauge(name: string, help: string, ...labelNames: string[]): Gauge {
  return new Gauge({ name: `redrain_${name}`, help, labelNames, registers: [] });
}
