import { join } from 'node:path';
import { openRedrain, type Redrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { FloorCapture } from '../floor/floor-capture.js';
import { openFloor } from '../floor/floor-database.js';
import { type FloorEvent, readFloorEvent } from '../floor/floor-event.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { perSecond, takeTurns } from '../rounds.js';
import { sampleEvents } from '../sample-events.js';

const PER_CALL = 1_000;
const MANY = 50_000;
const ONES = 3_000;
/** Single captures hang on each fsync: more turns, and shorter ones, even out a disk's moods. */
const ONES_TURNS = 3;
const PROJECTS = projectUuids(3);

/** How events are handed over: so many in one call, and what the figure for that is. */
interface Way {
  readonly row: string;
  readonly calls: readonly (readonly FloorEvent[])[];
  readonly atLeast: number;
  product(redrain: Redrain, envelopes: Buffer[]): Promise<number>;
}

/** `captureMany` and `capture` against the floor. */
export async function captureRows(at: BenchSurroundings): Promise<RowResult[]> {
  const events = sampleEvents(at.scaled(MANY, PER_CALL), PROJECTS);
  const many = await compare(at, at.rounds, {
    row: 'captureMany, 1000 per call',
    calls: inCalls(events, PER_CALL),
    atLeast: 0.6,
    product: async (redrain, envelopes) => (await redrain.captureMany(envelopes)).captured,
  });
  const one = await compare(at, at.rounds * ONES_TURNS, {
    row: 'capture, one per call',
    calls: inCalls(events.slice(0, at.scaled(ONES, 100)), 1),
    atLeast: 0.8,
    product: async (redrain, [envelope]) =>
      (await redrain.capture(envelope as Buffer)).kind === 'captured' ? 1 : 0,
  });
  return [...many, ...one];
}

/** The figure is against a floor that reads the envelopes it is given, as its rows need it. */
async function compare(at: BenchSurroundings, turns: number, way: Way): Promise<RowResult[]> {
  const rounds = await takeTurns(turns, [
    () => runProduct(at, way),
    () => runFloor(at, way, (events) => events.map(({ bytes }) => readFloorEvent(bytes))),
    () => runFloor(at, way, (events) => events),
  ]);
  const side = (index: number) => rounds.map((figures) => figures[index] as number);
  const common = { unit: 'events/s', measured: side(0) };
  const { row, atLeast } = way;
  return [
    rowResult({
      ...common,
      row,
      names: ['product', 'floor'],
      against: side(1),
      reach: { atLeast },
    }),
    rowResult({ ...common, row: '  nothing read', names: ['product', 'floor'], against: side(2) }),
  ];
}

async function runProduct(at: BenchSurroundings, { calls, product }: Way): Promise<number> {
  const home = at.workspace.directory('product');
  const redrain = await openRedrain({ home, env: {} });
  // Opening the journal and making its schema is no part of the rate.
  await redrain.capture({ event_id: 'first', event_type: 'Bench' });
  const given = calls.map((events) => events.map(({ bytes }) => bytes));
  const started = performance.now();
  let captured = 0;
  for (const envelopes of given) captured += await product(redrain, envelopes);
  const elapsed = performance.now() - started;
  await redrain.close();
  at.workspace.discard(home);
  if (captured !== calls.flat().length) throw new Error(`only ${captured} events were captured`);
  return perSecond(captured, elapsed);
}

async function runFloor(
  at: BenchSurroundings,
  { calls }: Way,
  read: (events: readonly FloorEvent[]) => readonly FloorEvent[],
): Promise<number> {
  const directory = at.workspace.directory('floor');
  const db = openFloor(join(directory, 'floor.db'));
  const capture = new FloorCapture(db, PROJECTS);
  const started = performance.now();
  for (const events of calls) await capture.append(read(events));
  const elapsed = performance.now() - started;
  db.close();
  at.workspace.discard(directory);
  return perSecond(calls.flat().length, elapsed);
}

function inCalls<T>(items: readonly T[], perCall: number): T[][] {
  const count = Math.ceil(items.length / perCall);
  return Array.from({ length: count }, (_, i) => items.slice(i * perCall, (i + 1) * perCall));
}
