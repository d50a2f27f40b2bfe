import { Gauge, type Registry } from 'prom-client';
import type { App } from '../app/app.js';
import type { EdgeRecord } from '../edges/edge-store.js';

/** More are on no dashboard: those seen last are shown. */
const MOST_EDGES = 1_000;

/** What this home knows of the edges that send to it: read when somebody asks. */
export class EdgeGauges {
  readonly #app: App;
  readonly #edges = gauge('edges', 'Homes that have sent to this one');
  readonly #missing = gauge(
    'edge_missing_numbers',
    'Numbers of an edge that are neither here nor kept there',
    'edge',
  );
  readonly #high = gauge('edge_highest_number', 'The highest number of an edge', 'edge');
  readonly #seen = gauge(
    'edge_last_seen_seconds',
    'Time since the last request of an edge',
    'edge',
  );
  readonly #lag = gauge(
    'edge_lag_seconds',
    'Age of the newest event of its last request, when that left the edge',
    'edge',
  );
  readonly #faults = gauge(
    'edge_faults',
    'Signs that the journal of an edge was restored or copied, not acknowledged',
    'edge',
    'kind',
  );

  constructor(registry: Registry, app: App) {
    this.#app = app;
    for (const one of this.#all()) registry.registerMetric(one);
  }

  async refresh(): Promise<void> {
    for (const one of this.#all()) one.reset();
    const edges = await this.#app.readingStores(async (stores) => stores?.edges.list());
    this.#edges.set(edges?.length ?? 0);
    const latest = [...(edges ?? [])].sort((a, b) => b.lastSeenAt - a.lastSeenAt);
    for (const edge of latest.slice(0, MOST_EDGES)) this.#set(edge);
  }

  #set({ home, name, missing, high, lastSeenAt, lagMs, faults }: EdgeRecord): void {
    const edge = name ?? home;
    this.#missing.set({ edge }, missing);
    this.#high.set({ edge }, high);
    this.#seen.set({ edge }, Math.max(0, this.#app.now() - lastSeenAt) / 1000);
    if (lagMs !== null) this.#lag.set({ edge }, lagMs / 1000);
    for (const { kind, times } of faults) this.#faults.set({ edge, kind }, times);
  }

  #all(): Gauge[] {
    return [this.#edges, this.#missing, this.#high, this.#seen, this.#lag, this.#faults];
  }
}

function gauge(name: string, help: string, ...labelNames: string[]): Gauge {
  return new Gauge({ name: `redrain_${name}`, help, labelNames, registers: [] });
}
