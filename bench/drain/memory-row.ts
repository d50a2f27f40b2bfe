import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DrainReport } from '../../src/dispatch/drain-report.js';
import { openRedrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { sampleEvents } from '../sample-events.js';
import { configFor } from './drain-row.js';
import { startReceiver } from './receiver.js';

/** Events, and how many MiB are allowed. */
const DRAINS: readonly (readonly [events: number, allowedMib: number])[] = [
  [100_000, 110],
  [1_000_000, 200],
];
const PER_CALL = 10_000;

const PROGRAM = fileURLToPath(new URL('../../../lib/cli.cjs', import.meta.url));
const PRELOAD = new URL('./peak-memory.js', import.meta.url).href;

/** The most memory that `redrain now` holds while it drains a long journal. */
export async function memoryRow(at: BenchSurroundings): Promise<RowResult[]> {
  const rows: RowResult[] = [];
  for (const [events, allowed] of DRAINS)
    rows.push(await peakRow(at, at.scaled(events, PER_CALL), allowed));
  return rows;
}

async function peakRow(at: BenchSurroundings, events: number, allowed: number): Promise<RowResult> {
  const home = at.workspace.directory('memory');
  await fill(home, events);
  const receiver = await startReceiver();
  writeFileSync(join(home, 'config.toml'), configFor(receiver.url));
  const peakMib = await drainWatched(home, events);
  await receiver.stop();
  at.workspace.discard(home);
  return rowResult({
    row: `peak memory of now, ${events} events`,
    unit: 'MiB',
    names: ['now', 'allowed'],
    measured: [peakMib],
    against: [allowed],
    reach: { atMost: 1 },
  });
}

async function fill(home: string, events: number): Promise<void> {
  const redrain = await openRedrain({ home, env: {} });
  const sample = sampleEvents(PER_CALL, projectUuids(3)).map(({ bytes }) => bytes.toString());
  for (let captured = 0; captured < events; captured += PER_CALL) {
    const round = String(captured / PER_CALL).padStart(6, '0');
    // The same events again under ids of their own.
    const renamed = sample.map((text) => text.replace('"event_id":"', `"event_id":"${round}-`));
    await redrain.captureMany(renamed);
  }
  await redrain.close();
}

async function drainWatched(home: string, events: number): Promise<number> {
  const peakFile = join(home, 'peak');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', PRELOAD, PROGRAM, 'now', '--json', '--home', home],
    { env: { REDRAIN_BENCH_PEAK_FILE: peakFile } },
  );
  const { delivered } = JSON.parse(stdout) as DrainReport;
  if (delivered !== events) throw new Error(`${delivered} of ${events} events were delivered`);
  return Number(readFileSync(peakFile, 'utf8')) / 1_024;
}
