import { join } from 'node:path';
import { openRedrain, type Redrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { FloorCapture } from '../floor/floor-capture.js';
import { openFloor } from '../floor/floor-database.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { perSecond, takeTurns } from '../rounds.js';
import { type SampleEvent, sampleEvents } from '../sample-events.js';

const PER_CALL = 1_000;
const MANY = 50_000;
const ONES = 5_000;
const PROJECTS = projectUuids(3);

/** A way of capturing these events, on both sides. */
interface Way {
  readonly row: string;
  readonly events: readonly SampleEvent[];
  readonly atLeast: number;
  product(redrain: Redrain, events: readonly SampleEvent[]): Promise<void>;
  floor(floor: FloorCapture, events: readonly SampleEvent[]): Promise<void>;
}

/** `captureMany` and `capture` against the floor (SPEC section 13). */
export async function captureRows(at: BenchSurroundings): Promise<RowResult[]> {
  const many = sampleEvents(at.scaled(MANY, PER_CALL), PROJECTS);
  const ones = many.slice(0, at.scaled(ONES, 100));
  const results: RowResult[] = [];
  for (const way of [manyPerCall(many), onePerCall(ones)]) results.push(await compare(at, way));
  return results;
}

function manyPerCall(events: readonly SampleEvent[]): Way {
  return {
    row: 'captureMany, 1000 per call',
    events,
    atLeast: 0.6,
    async product(redrain, all) {
      for (const group of groupsOf(all)) await redrain.captureMany(group.map(({ bytes }) => bytes));
    },
    async floor(floor, all) {
      for (const group of groupsOf(all)) await floor.append(group);
    },
  };
}

function onePerCall(events: readonly SampleEvent[]): Way {
  return {
    row: 'capture, one per call',
    events,
    atLeast: 0.8,
    async product(redrain, all) {
      for (const { bytes } of all) await redrain.capture(bytes);
    },
    async floor(floor, all) {
      for (const event of all) await floor.append([event]);
    },
  };
}

async function compare(at: BenchSurroundings, way: Way): Promise<RowResult> {
  const values = await takeTurns(
    at.rounds,
    () => runProduct(at, way),
    () => runFloor(at, way),
  );
  const { row, atLeast } = way;
  return rowResult({
    row,
    unit: 'events/s',
    names: ['product', 'floor'],
    values,
    reach: { atLeast },
  });
}

async function runProduct(at: BenchSurroundings, { events, product }: Way): Promise<number> {
  const home = at.workspace.directory('product');
  const redrain = await openRedrain({ home, env: {} });
  // Opening the journal and its schema is no part of a capture's rate.
  await redrain.capture({ event_id: 'first', event_type: 'Bench' });
  const started = performance.now();
  await product(redrain, events);
  const elapsed = performance.now() - started;
  await redrain.close();
  at.workspace.discard(home);
  return perSecond(events.length, elapsed);
}

async function runFloor(at: BenchSurroundings, { events, floor }: Way): Promise<number> {
  const directory = at.workspace.directory('floor');
  const db = openFloor(join(directory, 'floor.db'));
  const capture = new FloorCapture(db, PROJECTS);
  const started = performance.now();
  await floor(capture, events);
  const elapsed = performance.now() - started;
  db.close();
  at.workspace.discard(directory);
  return perSecond(events.length, elapsed);
}

function groupsOf(events: readonly SampleEvent[]): SampleEvent[][] {
  const count = Math.ceil(events.length / PER_CALL);
  return Array.from({ length: count }, (_, i) => events.slice(i * PER_CALL, (i + 1) * PER_CALL));
}
