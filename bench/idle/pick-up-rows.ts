import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { median } from '../median.js';
import { type RowResult, rowResult } from '../result.js';

const JOBS = 60;
const LONGEST_PAUSE_MS = 100;
/** Milliseconds. */
const ALLOWED_MS = 50;

/** How long a job waits for an idle worker of another process. */
export async function pickUpRows(at: BenchSurroundings): Promise<RowResult[]> {
  const file = join(at.workspace.directory('pick-up'), 'jobs.db');
  const queues = await LitequeQueues.open(file);
  const worker = startWorker(file);
  try {
    const waits = await measure(queues, worker, at.scaled(JOBS, 10));
    return [row('slowest', Math.max(...waits)), row('median', median(waits))];
  } finally {
    worker.kill('SIGKILL');
    await queues.close();
  }
}

function startWorker(file: string): ChildProcess {
  const script = fileURLToPath(new URL('pick-up-worker.js', import.meta.url));
  return spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function measure(
  queues: LitequeQueues,
  { stdout }: ChildProcess,
  jobs: number,
): Promise<number[]> {
  if (stdout === null) throw new Error('the worker has no output');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  await lines.next(); // ready
  const waits: number[] = [];
  while (waits.length < jobs) {
    // Any moment between two looks of the worker is as likely as another.
    await pause(Math.random() * LONGEST_PAUSE_MS);
    await queues.queue('work').add('look', {});
    const added = process.hrtime.bigint();
    const { value } = await lines.next();
    waits.push(Number(BigInt(String(value)) - added) / 1e6);
  }
  return waits;
}

function row(which: string, waitMs: number): RowResult {
  return rowResult({
    row: `job of another process picked up, ${which}`,
    unit: 'ms',
    names: ['after', 'allowed'],
    measured: [waitMs],
    against: [ALLOWED_MS],
    reach: { atMost: 1 },
  });
}
