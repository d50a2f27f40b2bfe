// What one event costs at each place between an edge and a hub, in CPU and in bytes,
// for the arithmetic of docs/scale-out.md:
//   node dist/bench/hub/pieces.js [postgres://…/postgres]
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { App } from '../../src/app/app.js';
import { openRedrain } from '../../src/index.js';
import { placeOf } from '../../src/postgres/place.js';
import { type Cost, costOf } from '../cost.js';
import { median } from '../median.js';
import { projectUuids } from '../projects.js';
import { sampleEvents } from '../sample-events.js';
import { Workspace } from '../workspace.js';
import { costOfEdges, type Sending, withHub } from './hub-rows.js';

const ROUNDS = 3;
/** Of each batch size about as many events. */
const SENDINGS: readonly Sending[] = [
  { requests: 8, perRequest: 1_000 },
  { requests: 40, perRequest: 100 },
  { requests: 100, perRequest: 10 },
  { requests: 100, perRequest: 1 },
];
/** Ticks of the clock in which Linux counts the CPU of a process. */
const TICK_US = 10_000;

interface Piece {
  readonly cpu: number;
  /** CPU of the server of the database, for each event. */
  readonly serverCpu?: number;
  /** Bytes that stay on disk, and those of the log that are written on the way. */
  readonly bytes: number;
  readonly logBytes?: number;
}

const workspace = new Workspace();
const server = process.argv[2] ?? 'postgres://127.0.0.1:5432/postgres';
const [sample] = sampleEvents(1, projectUuids(3));
console.log(`an event of ${sample?.bytes.length} bytes; CPU in µs an event, medians of ${ROUNDS}`);
try {
  await edgePieces();
  for (const sending of SENDINGS) {
    show(`SQLite, ${sending.perRequest} a request`, await rounds(() => onSqlite(sending)));
    show(`PostgreSQL, ${sending.perRequest} a request`, await rounds(() => onPostgres(sending)));
  }
} finally {
  workspace.remove();
}

async function rounds(measure: () => Promise<Piece>): Promise<Piece[]> {
  const found: Piece[] = [];
  for (let round = 0; round < ROUNDS; round += 1) found.push(await measure());
  return found;
}

function show(what: string, found: readonly Piece[]): void {
  const middle = (figure: keyof Piece): string =>
    found[0]?.[figure] === undefined
      ? '–'
      : median(found.map((piece) => piece[figure] ?? 0)).toFixed(1);
  const cells = [middle('cpu'), middle('serverCpu'), middle('bytes'), middle('logBytes')];
  console.log(`| ${what} | ${cells.join(' | ')} |`);
}

/** Captures in calls of 1,000, and drains into a hub in requests of 1,000. */
async function edgePieces(): Promise<void> {
  const captures: Piece[] = [];
  const drains: Piece[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const hub = new App({ home: workspace.directory('hub'), env: {} });
    await withHub(hub, async (port) => {
      const home = workspace.directory('edge');
      const targets = { hub: { url: `http://127.0.0.1:${port}/`, format: 'hub' } } as const;
      const edge = await openRedrain({ home, env: {}, targets });
      await edge.targets.use('hub');
      const events = sampleEvents(20_000, projectUuids(3)).map(({ bytes }) => bytes);
      const captured = await costOf(events.length, async () => {
        await edge.captureMany(events);
      });
      captures.push({ cpu: captured.cpu, bytes: journalBytes(home) / events.length });
      const both = await costOf(events.length, async () => {
        await edge.drain();
      });
      drains.push({ cpu: both.cpu, bytes: journalBytes(home) / events.length });
      await edge.close();
    });
    await hub.close();
  }
  show('an edge captures', captures);
  show('an edge drains, and the hub of this row takes', drains);
}

async function onSqlite(sending: Sending): Promise<Piece> {
  const home = workspace.directory('hub');
  const app = new App({ home, env: {} });
  const { cpu } = await withHub(app, (port) => costOfEdges(port, sending));
  await app.close();
  const bytes = journalBytes(home) / eventsOf(sending);
  workspace.discard(home);
  return { cpu, bytes };
}

async function onPostgres(sending: Sending): Promise<Piece> {
  const database = `redrain_bench_${process.pid}`;
  const owner = new pg.Client(placeOf(server).connectionString);
  await owner.connect();
  await owner.query(`CREATE DATABASE ${database}`);
  try {
    const url = Object.assign(new URL(server), { pathname: `/${database}` }).href;
    const app = new App({ home: workspace.directory('hub'), env: { REDRAIN_STORAGE_URL: url } });
    const events = eventsOf(sending);
    const sizes = async () => {
      const { rows } = await owner.query<{ bytes: string; lsn: string }>(
        `SELECT pg_database_size($1) AS bytes, pg_current_wal_lsn() - '0/0' AS lsn`,
        [database],
      );
      return { bytes: Number(rows[0]?.bytes), log: Number(rows[0]?.lsn) };
    };
    const piece = await withHub(app, async (port) => {
      const before = { ...(await sizes()), cpu: await serverCpu(owner, database) };
      const cost: Cost = await costOfEdges(port, sending);
      const after = { ...(await sizes()), cpu: await serverCpu(owner, database) };
      return {
        cpu: cost.cpu,
        serverCpu: (after.cpu - before.cpu) / events,
        bytes: (after.bytes - before.bytes) / events,
        logBytes: (after.log - before.log) / events,
      };
    });
    await app.close();
    return piece;
  } finally {
    await owner.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await owner.end();
  }
}

function eventsOf({ edges = 8, requests, perRequest = 1_000 }: Sending): number {
  return edges * requests * perRequest;
}

/** Microseconds of the processes that serve connections of this database. */
async function serverCpu(owner: pg.Client, database: string): Promise<number> {
  const { rows } = await owner.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE datname = $1',
    [database],
  );
  return rows.reduce((sum, { pid }) => sum + ticksOf(pid) * TICK_US, 0);
}

/** User and system time, the 14th and 15th field. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** The journal with what waits in its log. */
function journalBytes(home: string): number {
  return readdirSync(home)
    .filter((name) => name.startsWith('journal.db'))
    .reduce((sum, name) => sum + statSync(join(home, name)).size, 0);
}
