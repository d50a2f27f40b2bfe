import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { better, defineQueue } from 'plainjob';
import { openRedrain, type Redrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { type Cost, costOf } from '../cost.js';
import { FloorCapture } from '../floor/floor-capture.js';
import { openFloor } from '../floor/floor-database.js';
import { type FloorEvent, readFloorEvent } from '../floor/floor-event.js';
import { LeanCapture } from '../floor/lean-capture.js';
import { projectUuids } from '../projects.js';
import { logFramesOf } from './log-frames.js';

export const PROJECTS = projectUuids(3);

/** Calls with the events of each. */
export type Calls = readonly (readonly FloorEvent[])[];

/** Hands the events of one call to redrain; returns how many it captured. */
export type HandOver = (redrain: Redrain, envelopes: Buffer[]) => Promise<number>;

/** Makes a home, measures what `measure` makes of the calls, and forgets the home. */
async function onProduct<T>(
  at: BenchSurroundings,
  calls: Calls,
  handOver: HandOver,
  measure: (home: string, work: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const home = at.workspace.directory('product');
  const redrain = await openRedrain({ home, env: {} });
  // Opening the journal and making its schema is no part of the rate.
  await redrain.capture({ event_id: 'first', event_type: 'Bench' });
  const given = calls.map((events) => events.map(({ bytes }) => bytes));
  let captured = 0;
  const result = await measure(home, async () => {
    for (const envelopes of given) captured += await handOver(redrain, envelopes);
  });
  await redrain.close();
  at.workspace.discard(home);
  if (captured !== calls.flat().length) throw new Error(`only ${captured} events were captured`);
  return result;
}

export const product = (at: BenchSurroundings, calls: Calls, handOver: HandOver): Promise<Cost> =>
  onProduct(at, calls, handOver, (_home, work) => costOf(calls.flat().length, work));

/** Pages that the product writes to its log for each event. */
export const productFrames = (
  at: BenchSurroundings,
  calls: Calls,
  handOver: HandOver,
): Promise<number> =>
  onProduct(at, calls, handOver, async (home, work) => {
    const file = join(home, 'journal.db');
    if (!existsSync(file)) throw new Error(`${file} is not there`);
    return (await logFramesOf(file, work)) / calls.flat().length;
  });

/** The floor with all the rows of the product; `isRead`: it reads the envelopes that it is given. */
export async function fullFloor(
  at: BenchSurroundings,
  calls: Calls,
  isRead: boolean,
): Promise<Cost> {
  const directory = at.workspace.directory('floor');
  const db = openFloor(join(directory, 'floor.db'));
  const capture = new FloorCapture(db, PROJECTS);
  const cost = await costOf(calls.flat().length, async () => {
    for (const events of calls)
      await capture.append(isRead ? events.map(({ bytes }) => readFloorEvent(bytes)) : events);
  });
  db.close();
  at.workspace.discard(directory);
  return cost;
}

/** The floor without any promise. */
export async function leanFloor(at: BenchSurroundings, calls: Calls): Promise<Cost> {
  const directory = at.workspace.directory('lean');
  const capture = new LeanCapture(join(directory, 'lean.db'));
  const cost = await costOf(calls.flat().length, async () => {
    for (const events of calls) capture.append(events);
  });
  capture.close();
  at.workspace.discard(directory);
  return cost;
}

/** A queue on SQLite, one job in each call, made as durable as the product. */
export async function plainjob(at: BenchSurroundings, calls: Calls): Promise<Cost> {
  const directory = at.workspace.directory('plainjob');
  const db = new Database(join(directory, 'jobs.db'));
  const queue = defineQueue({
    connection: better(db),
    serializer: (data) => data as string,
    logger: SILENT,
  });
  // It chooses NORMAL, which a power cut takes commits from.
  db.pragma('synchronous = FULL');
  const texts = calls.flat().map(({ bytes }) => bytes.toString());
  const cost = await costOf(texts.length, async () => {
    for (const text of texts) queue.add('event', text);
  });
  queue.close();
  at.workspace.discard(directory);
  return cost;
}

const nothing = (): void => undefined;
const SILENT = { error: nothing, warn: nothing, info: nothing, debug: nothing };
