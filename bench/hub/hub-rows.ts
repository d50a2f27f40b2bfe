import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from '../../src/app/app.js';
import { Taking } from '../../src/app/receive/taking.js';
import { Admission } from '../../src/hub/admission.js';
import { HubHandler } from '../../src/hub/hub-handler.js';
import { HubServer } from '../../src/hub/hub-server.js';
import { resolveLimits } from '../../src/receive/limits.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { type Cost, costOf } from '../cost.js';
import { FloorCapture } from '../floor/floor-capture.js';
import { openFloor } from '../floor/floor-database.js';
import { type FloorEvent, readFloorEvent } from '../floor/floor-event.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { takeTurns } from '../rounds.js';

export const EDGES = 8;
const PER_REQUEST = 1_000;
/** Of each edge. */
export const REQUESTS = 8;
const CLIENT = fileURLToPath(new URL('edges-process.js', import.meta.url));

/** A hub that 8 edges send to at once, against a server that only reads and stores, in the same commits. */
export async function hubRows(at: BenchSurroundings): Promise<RowResult[]> {
  const requests = at.scaled(REQUESTS, 1);
  const turns = await takeTurns(at.rounds, [
    () => product(at, requests),
    () => floor(at, requests),
  ]);
  return [hubResult(`hub, ${EDGES} edges at once`, turns, 0.7)];
}

/** Turns of a hub and a floor as one row. */
export function hubResult(row: string, turns: readonly Cost[][], atLeast: number): RowResult {
  const figures = (side: 0 | 1, figure: keyof Cost) =>
    turns.map((costs) => (costs[side] as Cost)[figure]);
  return rowResult({
    row,
    unit: 'events/s',
    names: ['product', 'floor'],
    measured: figures(0, 'rate'),
    against: figures(1, 'rate'),
    cpu: [figures(0, 'cpu'), figures(1, 'cpu')],
    reach: { atLeast },
  });
}

async function product(at: BenchSurroundings, requests: number): Promise<Cost> {
  const home = at.workspace.directory('hub');
  const app = new App({ home, env: {} });
  const cost = await withHub(app, (port) => costOfEdges(port, { requests }));
  await app.close();
  at.workspace.discard(home);
  return cost;
}

/** Gives the port of a hub on this home to some work. */
export async function withHub<T>(app: App, work: (port: number) => Promise<T>): Promise<T> {
  await app.captureGroup([{ bytes: Buffer.from('{"event_id":"first","event_type":"Bench"}') }]);
  const handler = new HubHandler({
    taking: new Taking(app),
    admission: new Admission({ anybody: true }, async () => (await app.stores()).edges),
    limits: resolveLimits(),
    work: { requests: 1_024, perSender: 256 },
    now: () => app.now(),
    notReady: async () => [],
    onRequest: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  const listening = { port: 0, host: '127.0.0.1' };
  const server = await HubServer.start(listening, (request) => handler.handle(request));
  const done = await work(server.port);
  await server.close();
  return done;
}

/** Stores with a commit for each request. */
async function floor(at: BenchSurroundings, requests: number): Promise<Cost> {
  const directory = at.workspace.directory('floor');
  const db = openFloor(join(directory, 'floor.db'));
  const capture = new FloorCapture(db, projectUuids(3));
  const cost = await withFloorServer(
    (events) => capture.append(events),
    (port) => costOfEdges(port, { requests }),
  );
  db.close();
  at.workspace.discard(directory);
  return cost;
}

/** Gives some work the port of a server that reads each request and its events, and stores them. */
export async function withFloorServer<T>(
  store: (events: readonly FloorEvent[]) => Promise<void>,
  work: (port: number) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const events = eventsIn(Buffer.concat(chunks));
      await store(events);
      const results = events.map(({ eventId }) => ({ event_id: eventId, status: 'success' }));
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ results }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const done = await work((server.address() as AddressInfo).port);
  server.closeAllConnections();
  server.close();
  return done;
}

function eventsIn(body: Buffer): FloorEvent[] {
  const { events } = JSON.parse(body.toString()) as { events: object[] };
  return events.map((event) => readFloorEvent(Buffer.from(JSON.stringify(event))));
}

/** What edges send: each so many requests of so many events, one after the other. */
export interface Sending {
  readonly edges?: number;
  readonly requests: number;
  readonly perRequest?: number;
}

export async function costOfEdges(port: number, sending: Sending): Promise<Cost> {
  const { edges = EDGES, requests, perRequest = PER_REQUEST } = sending;
  const words = [port, edges, requests, perRequest].map(String);
  const child = spawn(process.execPath, [CLIENT, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const cost = await costOf(edges * requests * perRequest, async () => {
    child.stdin.write('go\n');
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`the edges ended with ${code}`);
  });
  return cost;
}
