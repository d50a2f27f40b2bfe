import pg from 'pg';
import type { Settlement, TargetHealth } from '../../src/dispatch/ports.js';
import { openRedrain } from '../../src/index.js';
import { placeOf } from '../../src/postgres/place.js';
import { openStores, type PostgresStores } from '../../src/postgres/stores.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { type Cost, costOf } from '../cost.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { takeTurns } from '../rounds.js';
import { sampleEvents } from '../sample-events.js';
import { BenchDatabases } from './bench-database.js';
import { FLOOR_SCHEMA } from './floor.sql.js';
import { FloorLedger } from './floor-ledger.js';

const EVENTS = 30_000;
const BATCH = 1_000;
const TARGETS = 8;
/** Connections that write, each for as many of the targets. */
const WRITERS = 4;

/** Claiming and settling batches of 1,000 on PostgreSQL, against `pg` alone with the fewest statements for it. */
export function ledgerRows(at: BenchSurroundings): Promise<RowResult[]> {
  return BenchDatabases.with(at, 'claim and settle on PostgreSQL', (databases) =>
    databases.database(async (template) => {
      const events = at.scaled(EVENTS, 2 * BATCH);
      await fill(at, template, events);
      const measure = async (row: string, targets: number, writers: number): Promise<RowResult> => {
        const given = { targets: idsUpTo(targets), writers, events };
        const turns = await takeTurns(at.rounds, [
          () => databases.database((url) => product(url, given), template),
          () => databases.database((url) => floor(url, given), template),
        ]);
        return resultOf(row, turns);
      };
      return [
        await measure(`PostgreSQL: claim and settle, 1 target`, 1, 1),
        await measure(`… ${TARGETS} targets, ${WRITERS} writers`, TARGETS, WRITERS),
      ];
    }),
  );
}

interface Given {
  readonly targets: readonly number[];
  readonly writers: number;
  readonly events: number;
}

function resultOf(row: string, turns: readonly Cost[][]): RowResult {
  const figures = (side: 0 | 1, figure: keyof Cost) =>
    turns.map((costs) => (costs[side] as Cost)[figure]);
  return rowResult({
    row,
    unit: 'events/s',
    names: ['product', 'floor'],
    measured: figures(0, 'rate'),
    against: figures(1, 'rate'),
    cpu: [figures(0, 'cpu'), figures(1, 'cpu')],
    reach: { atLeast: 0.8 },
  });
}

const idsUpTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** The same events for both sides, and statistics as autovacuum would have made them. */
async function fill(at: BenchSurroundings, url: string, events: number): Promise<void> {
  const home = at.workspace.directory('filling');
  const urls = idsUpTo(TARGETS).map((id) => [`t${id}`, { url: `http://127.0.0.1:${id}/` }]);
  const env = { REDRAIN_STORAGE_URL: url };
  const redrain = await openRedrain({ home, env, targets: Object.fromEntries(urls) });
  await redrain.captureMany(sampleEvents(events, projectUuids(3)).map(({ bytes }) => bytes));
  for (const id of idsUpTo(TARGETS)) await redrain.targets.use(`t${id}`);
  await redrain.close();
  const client = new pg.Client(placeOf(url).connectionString);
  await client.connect();
  await client.query(FLOOR_SCHEMA);
  for (const table of ['event', 'payload'])
    await client.query(`INSERT INTO floor.${table} SELECT * FROM redrain.${table} ORDER BY seq`);
  await client.query('VACUUM ANALYZE');
  await client.end();
  at.workspace.discard(home);
}

async function product(url: string, given: Given): Promise<Cost> {
  const open = Array.from({ length: given.writers }, () => connected(url));
  return onEach(await Promise.all(open), given, drain);
}

/** With all the connections of a drain, as the floor has its own: the lock of a target, which comes before, reads. */
async function connected(url: string): Promise<PostgresStores> {
  const stores = await openStores(url);
  await stores.ledger.lastPost(1);
  return stores;
}

async function floor(url: string, given: Given): Promise<Cost> {
  const open = Array.from({ length: given.writers }, () => FloorLedger.open(url));
  return onEach(await Promise.all(open), given, (ledger, target) => ledger.drain(target));
}

/** The targets at once, each on one of the writers. */
async function onEach<Writer extends { close(): Promise<void> }>(
  writers: readonly Writer[],
  { targets, events }: Given,
  work: (writer: Writer, target: number) => Promise<number>,
): Promise<Cost> {
  const cost = await costOf(targets.length * events, async () => {
    const all = targets.map((id, at) => work(writers[at % writers.length] as Writer, id));
    for (const delivered of await Promise.all(all))
      if (delivered !== events) throw new Error(`${delivered} of ${events} events were settled`);
  });
  await Promise.all(writers.map((writer) => writer.close()));
  return cost;
}

const HEALTHY: TargetHealth = {
  circuitFailures: 0,
  circuitOpenUntil: null,
  resumeAt: null,
  silentTimes: 0,
  blockedReason: null,
  blockedMessage: null,
};

/** What a drain does between its posts, and no post. */
async function drain({ ledger }: PostgresStores, target: number): Promise<number> {
  const lease = await ledger.takeLease(target, 'bench');
  const pass = await ledger.beginPass(lease, Date.now());
  const heldBy = (): null => null;
  let delivered = 0;
  for (;;) {
    const startedAt = Date.now();
    const claim = await ledger.claim(pass, {
      limits: { maxEvents: BATCH, maxBytes: 1024 * 1024 },
      wireSize: ({ size }) => size + 1,
      heldBy,
      ignoreBackoff: false,
      now: startedAt,
    });
    if (claim === undefined) break;
    const { events } = claim;
    const settlements = events.map(
      (event): Settlement => ({
        event,
        outcome: { kind: 'success' },
        posted: true,
        isolation: 'any',
        dueNow: false,
      }),
    );
    const report = {
      outcomes: settlements.map(({ outcome }) => outcome),
      httpStatus: 200,
      bytesSent: events.reduce((sum, { size }) => sum + size, 0),
    };
    const now = Date.now();
    const settled = await ledger.settle(pass, claim, {
      settlements,
      post: { startedAt, durationMs: now - startedAt, events, report },
      health: HEALTHY,
      now,
      deploymentRef: null,
    });
    if (!settled) throw new Error('the flight has gone');
    delivered += events.length;
  }
  await ledger.endPass(pass, HEALTHY, Date.now());
  return delivered;
}
