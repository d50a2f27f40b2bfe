import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { App } from '../../src/app/app.js';
import { migrate } from '../../src/app/spec-kitty/migrate.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { openFloor } from '../floor/floor-database.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { perSecond, takeTurns } from '../rounds.js';
import { type SampleEvent, sampleEvents } from '../sample-events.js';
import { copySettled } from '../workspace.js';
import { FloorMigrate } from './floor-migrate.js';
import { writeOldQueues } from './old-queue-files.js';

const ROWS = 100_000;
const FILES = 12;
const PROJECTS = projectUuids(3);

interface OldQueues {
  readonly events: readonly SampleEvent[];
  readonly files: readonly string[];
}

/** The import of old queues against the floor. */
export async function migrateRow(at: BenchSurroundings): Promise<RowResult[]> {
  const events = sampleEvents(at.scaled(ROWS, 1_000), PROJECTS);
  const files = writeOldQueues(at.workspace.directory('old-queues'), events, FILES);
  const queues = { events, files };
  const rounds = await takeTurns(Math.ceil(at.rounds * 0.6), [
    () => runProduct(at, queues),
    () => runFloor(at, queues),
  ]);
  return [
    rowResult({
      row: `migrate ${events.length} rows of ${FILES} old queues`,
      unit: 'rows/s',
      names: ['product', 'floor'],
      measured: rounds.map(([product]) => product as number),
      against: rounds.map(([, floor]) => floor as number),
      reach: { atLeast: 0.5 },
    }),
  ];
}

async function runProduct(at: BenchSurroundings, { events, files }: OldQueues): Promise<number> {
  const home = at.workspace.directory('product');
  mkdirSync(join(home, 'queues'));
  for (const file of files) copySettled(file, join(home, 'queues', nameOf(file)));
  const app = new App({ home, env: {} });
  // Opening the journal and its schema is no part of an import's rate.
  await app.stores();
  const started = performance.now();
  const { totals } = await migrate(app);
  const elapsed = performance.now() - started;
  await app.close();
  at.workspace.discard(home);
  assertAll(totals.imported, events.length);
  return perSecond(events.length, elapsed);
}

async function runFloor(at: BenchSurroundings, { events, files }: OldQueues): Promise<number> {
  const directory = at.workspace.directory('floor');
  const db = openFloor(join(directory, 'floor.db'));
  const floor = new FloorMigrate(db, events, PROJECTS);
  const started = performance.now();
  const rows = floor.migrate(files, directory);
  const elapsed = performance.now() - started;
  db.close();
  at.workspace.discard(directory);
  assertAll(rows, events.length);
  return perSecond(rows, elapsed);
}

const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

function assertAll(imported: number, events: number): void {
  if (imported !== events) throw new Error(`${imported} of ${events} rows were imported`);
}
