import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { type RowResult, rowResult } from '../result.js';

const KINDS = ['capture', 'dispatch', 'migrate', 'gc'] as const;
const START_UP_MS = 5_000;
const WATCHED_MS = 60_000;
/** Linux: the unit of CPU time in /proc. */
const TICKS_PER_SECOND = 100;

interface Usage {
  readonly cpuSeconds: number;
  readonly writtenKib: number;
}

/** What four workers with nothing to do cost in a minute. Linux only; elsewhere there is no row. */
export async function idleRow(at: BenchSurroundings): Promise<RowResult[]> {
  if (process.platform !== 'linux') return [];
  const home = at.workspace.directory('idle');
  const workers = KINDS.map((kind) => startWorker(kind, home));
  try {
    const watchedMs = at.scaled(WATCHED_MS, 5_000);
    await pause(START_UP_MS);
    const before = workers.map(usageOf);
    await pause(watchedMs);
    const used = workers.map(usageOf).map((after, i) => less(after, before[i] as Usage));
    return rowsOf(used, watchedMs / 1_000);
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
  }
}

function startWorker(kind: string, home: string): ChildProcess {
  const script = fileURLToPath(new URL('../../../lib/cli.cjs', import.meta.url));
  return spawn(process.execPath, [script, 'worker', kind, '--home', home], {
    env: {},
    stdio: 'ignore',
  });
}

function usageOf({ pid }: ChildProcess): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const written = /^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'));
  return { cpuSeconds: ticks / TICKS_PER_SECOND, writtenKib: Number(written?.[1] ?? 0) / 1_024 };
}

function less(after: Usage, before: Usage): Usage {
  return {
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    writtenKib: after.writtenKib - before.writtenKib,
  };
}

/** Against a whole processor for the same time, as the promise is a share of one. */
function rowsOf(used: readonly Usage[], seconds: number): RowResult[] {
  const written = used.reduce((sum, { writtenKib }) => sum + writtenKib, 0);
  return [
    rowResult({
      row: `idle worker, ${Math.round(seconds)} s (${KINDS.length} workers wrote ${Math.round(written)} KiB)`,
      unit: 's of CPU',
      names: ['worker', 'one core'],
      measured: used.map(({ cpuSeconds }) => cpuSeconds),
      against: used.map(() => seconds),
      reach: { atMost: 0.01 },
    }),
  ];
}
