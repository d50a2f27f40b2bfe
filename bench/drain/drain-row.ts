import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRedrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { FloorCapture } from '../floor/floor-capture.js';
import { openFloor } from '../floor/floor-database.js';
import { FloorDrain } from '../floor/floor-drain.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { perSecond, takeTurns } from '../rounds.js';
import { sampleEvents } from '../sample-events.js';
import { copySettled } from '../workspace.js';
import { startReceiver } from './receiver.js';

const EVENTS = 100_000;
const PROJECTS = projectUuids(3);

/** Closed databases that hold the same events, none of them sent. */
interface Templates {
  readonly events: number;
  readonly product: string;
  readonly floor: string;
}

/** A drain to a loopback receiver against the floor. */
export async function drainRow(at: BenchSurroundings): Promise<RowResult[]> {
  const templates = await fillTemplates(at);
  const rounds = await takeTurns(Math.ceil(at.rounds * 0.6), [
    () => runProduct(at, templates),
    () => runFloor(at, templates),
  ]);
  const all = { names: ['product', 'floor'] as const };
  const pick = (side: 0 | 1, figure: keyof Cost) =>
    rounds.map((both) => (both[side] as Cost)[figure]);
  return [
    rowResult({
      ...all,
      row: `drain ${templates.events} events`,
      unit: 'events/s',
      measured: pick(0, 'rate'),
      against: pick(1, 'rate'),
      reach: { atLeast: 1.2 },
    }),
    rowResult({
      ...all,
      row: '… CPU of an event',
      unit: 'µs',
      measured: pick(0, 'cpu'),
      against: pick(1, 'cpu'),
      reach: { atMost: 1.3 },
    }),
  ];
}

async function fillTemplates(at: BenchSurroundings): Promise<Templates> {
  const directory = at.workspace.directory('templates');
  const events = sampleEvents(at.scaled(EVENTS, 1_000), PROJECTS);
  const redrain = await openRedrain({ home: directory, env: {} });
  await redrain.captureMany(events.map(({ bytes }) => bytes));
  await redrain.close();
  const floor = join(directory, 'floor.db');
  const db = openFloor(floor);
  await new FloorCapture(db, PROJECTS).append(events);
  db.close();
  return { events: events.length, product: join(directory, 'journal.db'), floor };
}

/** What a drain took. */
interface Cost {
  /** Events in a second. */
  readonly rate: number;
  /** Microseconds of CPU of this process for each event; the receiver is another. */
  readonly cpu: number;
}

async function costOf(drain: () => Promise<number>): Promise<Cost & { delivered: number }> {
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const delivered = await drain();
  const elapsed = performance.now() - started;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { delivered, rate: perSecond(delivered, elapsed), cpu: (user + system) / delivered };
}

async function runProduct(at: BenchSurroundings, templates: Templates): Promise<Cost> {
  const home = at.workspace.directory('product');
  copySettled(templates.product, join(home, 'journal.db'));
  const receiver = await startReceiver();
  writeFileSync(join(home, 'config.toml'), configFor(receiver.url));
  const redrain = await openRedrain({ home, env: {} });
  const cost = await costOf(async () => (await redrain.drain()).delivered);
  await redrain.close();
  await receiver.stop();
  at.workspace.discard(home);
  assertAll(cost.delivered, templates.events);
  return cost;
}

async function runFloor(at: BenchSurroundings, templates: Templates): Promise<Cost> {
  const directory = at.workspace.directory('floor');
  const file = join(directory, 'floor.db');
  copySettled(templates.floor, file);
  const receiver = await startReceiver();
  const db = openFloor(file);
  const cost = await costOf(() => new FloorDrain(db, `${receiver.url}/`).drain());
  db.close();
  await receiver.stop();
  at.workspace.discard(directory);
  assertAll(cost.delivered, templates.events);
  return cost;
}

/** Everything goes to this address. */
export function configFor(url: string): string {
  return `[sync]\nmode = "EXTERNAL_RECEIVER"\n\n[sync.external]\nendpoint = "${url}/"\n`;
}

function assertAll(delivered: number, events: number): void {
  if (delivered !== events) throw new Error(`${delivered} of ${events} events were delivered`);
}
