import type { BenchSurroundings } from '../bench-surroundings.js';
import type { Cost } from '../cost.js';
import { type Pairs, type RowResult, rowResult } from '../result.js';
import { type Run, takeTurns } from '../rounds.js';
import { sampleEvents } from '../sample-events.js';
import {
  type Calls,
  fullFloor,
  type HandOver,
  leanFloor,
  PROJECTS,
  plainjob,
  product,
  productFrames,
} from './sides.js';

const PER_CALL = 1_000;
const MANY = 50_000;
const ONES = 3_000;
/** Single captures hang on each fsync: more turns, and shorter ones, even out a disk's moods. */
const ONES_TURNS = 3;
/** Few enough that the log need not start again, enough for all pages of the tables to have filled. */
const FRAMES_OVER = 512;

/** How events are handed over, and what is to be reached. */
interface Way {
  readonly row: string;
  readonly calls: Calls;
  readonly handOver: HandOver;
  /** Of the rate against the floor with all rows. */
  readonly atLeast: number;
  /** Of the CPU against the lean floor. */
  readonly atMost: number;
}

/** `captureMany` and `capture` against the floors and a queue that promises less. */
export async function captureRows(at: BenchSurroundings): Promise<RowResult[]> {
  const events = sampleEvents(at.scaled(MANY, PER_CALL), PROJECTS);
  const ones = inCalls(events.slice(0, at.scaled(ONES, 100)), 1);
  return [
    ...(await manyRows(at, inCalls(events, PER_CALL))),
    ...(await oneRows(at, ones)),
    await framesRow(at, inCalls(events.slice(0, FRAMES_OVER), 1)),
  ];
}

async function manyRows(at: BenchSurroundings, calls: Calls): Promise<RowResult[]> {
  const way: Way = {
    row: 'captureMany, 1000 per call',
    calls,
    handOver: async (redrain, envelopes) => (await redrain.captureMany(envelopes)).captured,
    atLeast: 0.85,
    atMost: 2.2,
  };
  const turns = await takeTurns(at.rounds, sidesOf(at, way));
  return againstFloors(way, turns);
}

async function oneRows(at: BenchSurroundings, calls: Calls): Promise<RowResult[]> {
  const way: Way = {
    row: 'capture, one per call',
    calls,
    handOver: captureOne,
    atLeast: 0.8,
    atMost: 1.5,
  };
  const sides = [...sidesOf(at, way), () => plainjob(at, calls)];
  const turns = await takeTurns(at.rounds * ONES_TURNS, sides);
  return [
    ...againstFloors(way, turns),
    rowResult({
      ...rates(turns, 4),
      row: `… against a queue, plainjob`,
      names: ['product', 'plainjob'],
      reach: { atLeast: 1 },
    }),
  ];
}

const captureOne: HandOver = async (redrain, [envelope]) =>
  (await redrain.capture(envelope as Buffer)).kind === 'captured' ? 1 : 0;

const sidesOf = (at: BenchSurroundings, { calls, handOver }: Way): Run<Cost>[] => [
  () => product(at, calls, handOver),
  () => fullFloor(at, calls, true),
  () => fullFloor(at, calls, false),
  () => leanFloor(at, calls),
];

/** Of rounds in the order of `sidesOf`. */
function againstFloors({ row, atLeast, atMost }: Way, turns: Cost[][]): RowResult[] {
  const names = ['product', 'floor'] as const;
  return [
    rowResult({ ...rates(turns, 1), row, names, reach: { atLeast } }),
    rowResult({ ...rates(turns, 2), row: '… nothing read', names }),
    rowResult({
      row: '… CPU of an event',
      unit: 'µs',
      names: ['product', 'lean floor'],
      measured: figures(turns, 0, 'cpu'),
      against: figures(turns, 3, 'cpu'),
      reach: { atMost },
    }),
  ];
}

/** The rate of the product beside that of another side, with the CPU of both. */
function rates(turns: Cost[][], side: number): Omit<Pairs, 'row' | 'names'> {
  return {
    unit: 'events/s',
    measured: figures(turns, 0, 'rate'),
    against: figures(turns, side, 'rate'),
    cpu: [figures(turns, 0, 'cpu'), figures(turns, side, 'cpu')],
  };
}

const figures = (turns: Cost[][], side: number, figure: keyof Cost): number[] =>
  turns.map((costs) => (costs[side] as Cost)[figure]);

async function framesRow(at: BenchSurroundings, calls: Calls): Promise<RowResult> {
  return rowResult({
    row: '… pages written to the log',
    unit: 'an event',
    names: ['product', 'allowed'],
    measured: [await productFrames(at, calls, captureOne)],
    against: [4],
    reach: { atMost: 1 },
  });
}

function inCalls<T>(items: readonly T[], perCall: number): T[][] {
  const count = Math.ceil(items.length / perCall);
  return Array.from({ length: count }, (_, i) => items.slice(i * perCall, (i + 1) * perCall));
}
