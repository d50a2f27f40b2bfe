import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openRedrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { quantile } from '../median.js';
import { BenchDatabases } from '../postgres/bench-database.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { sampleEvents } from '../sample-events.js';

const EVENTS = 200;
const LONGEST_PAUSE_MS = 100;
/** Captured before anything is measured, so that the worker has done everything once. */
const WARM = 5;
/** Milliseconds. */
const ALLOWED_MS = { sqlite: 250, postgres: 500 } as const;
const CLI = fileURLToPath(new URL('../../../lib/cli.cjs', import.meta.url));

/** From the end of a capture until its event arrives at the target, sent by a worker that was idle. */
export async function postedRows(at: BenchSurroundings): Promise<RowResult[]> {
  const home = at.workspace.directory('posted');
  const own = await waitsOf(at, home, home);
  const others = await BenchDatabases.with(at, 'captured, and posted elsewhere', (databases) =>
    databases.database(async (url) => {
      const [edge, worker] = ['edge', 'worker'].map((name) => at.workspace.directory(name));
      const waits = await waitsOf(at, edge as string, worker as string, url);
      return [row('by a worker of another home, PostgreSQL', waits, ALLOWED_MS.postgres)];
    }),
  );
  return [row('by a worker of the home, SQLite', own, ALLOWED_MS.sqlite), ...others];
}

function row(who: string, waits: readonly number[], allowedMs: number): RowResult {
  return rowResult({
    row: `captured until posted ${who}, p99 of ${waits.length}`,
    unit: 'ms',
    names: ['after', 'allowed'],
    measured: [quantile(waits, 0.99)],
    against: [allowedMs],
    reach: { atMost: 1 },
  });
}

async function waitsOf(
  at: BenchSurroundings,
  captures: string,
  sends: string,
  storage?: string,
): Promise<number[]> {
  const events = sampleEvents(WARM + at.scaled(EVENTS, 20), projectUuids(3));
  const target = await arrivals();
  for (const home of new Set([captures, sends]))
    writeFileSync(join(home, 'config.toml'), configOf(target.port, storage));
  const redrain = await openRedrain({ home: captures, env: {} });
  const worker = startWorker(sends);
  const waits: number[] = [];
  for (const { eventId, bytes } of events) {
    // Any moment between two looks of the worker is as likely as another.
    await pause(Math.random() * LONGEST_PAUSE_MS);
    const arrived = target.arrival(eventId);
    await redrain.capture(bytes);
    const captured = performance.now();
    waits.push(Math.max(0, (await arrived) - captured));
  }
  const ended = once(worker, 'exit');
  worker.kill('SIGTERM');
  await ended;
  await redrain.close();
  await target.close();
  return waits.slice(WARM);
}

const configOf = (port: number, storage: string | undefined): string => `
[redrain]
mode = "endpoint"
target = "there"

[redrain.targets.there]
url = "http://127.0.0.1:${port}/"
${storage === undefined ? '' : `\n[redrain.storage]\nurl = "${storage}"\n`}`;

function startWorker(home: string): ChildProcess {
  const words = [CLI, '--home', home, 'worker', 'dispatch', '--log-level', 'error'];
  return spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A target that says when an event arrives. */
async function arrivals() {
  const waiting = new Map<string, (at: number) => void>();
  const server = createServer(async (request, response) => {
    const { events } = JSON.parse(await text(request)) as { events: { event_id: string }[] };
    const now = performance.now();
    for (const { event_id: id } of events) waiting.get(id)?.(now);
    const results = events.map(({ event_id }) => ({ event_id, status: 'success' }));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ results }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    arrival: (id: string) => new Promise<number>((resolve) => waiting.set(id, resolve)),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
