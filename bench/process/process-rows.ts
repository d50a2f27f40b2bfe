import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { takeTurns } from '../rounds.js';
import { sampleEvents } from '../sample-events.js';

const CLI = fileURLToPath(new URL('../../../lib/cli.cjs', import.meta.url));
const TIMES_PER_ROUND = 4;
const STUB = '[redrain.targets.stub]\nurl = "stub:"\n[redrain]\ntarget = "stub"\n';

/** Whole processes of the command line against a bare `node -e 0`. */
export async function processRows(at: BenchSurroundings): Promise<RowResult[]> {
  if (!existsSync(CLI)) {
    at.say('  skipped: there is no command line yet');
    return [];
  }
  const home = at.workspace.directory('process');
  const onHome = (...args: string[]) => [...args, '--home', home];
  let homes = 0;
  return [
    await compare(at, 'redrain --version', 2, () => ['--version']),
    await compare(at, 'redrain capture of one event', 2.5, captureOf(home)),
    await compare(at, '… the first in a new home', 5, () =>
      captureOf(at.workspace.directory(`new-home-${homes++}`))(),
    ),
    await compare(at, 'redrain status', 3, () => onHome('status')),
    await compare(at, 'redrain now, nothing to do', 3.5, () => {
      if (!existsSync(join(home, 'config.toml'))) writeFileSync(join(home, 'config.toml'), STUB);
      return onHome('now');
    }),
  ];
}

/** Another event each time: a duplicate would write nothing. */
function captureOf(home: string): () => string[] {
  const events = sampleEvents(1_000, projectUuids(1));
  let next = 0;
  return () => {
    const file = join(home, 'event.json');
    writeFileSync(file, events[next++ % events.length]?.bytes ?? '');
    return ['capture', file, '--home', home];
  };
}

async function compare(
  at: BenchSurroundings,
  row: string,
  atMost: number,
  given: () => string[],
): Promise<RowResult> {
  const rounds = await takeTurns(at.rounds * TIMES_PER_ROUND, [
    () => wholeProcess([CLI, ...given()]),
    () => wholeProcess(['-e', '0']),
  ]);
  return rowResult({
    row,
    unit: 'ms',
    names: ['redrain', 'node'],
    measured: rounds.map(([redrain]) => redrain as number),
    against: rounds.map(([, node]) => node as number),
    reach: { atMost },
  });
}

/** Milliseconds from start to exit. */
function wholeProcess(args: string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env: {}, encoding: 'utf8' });
  const elapsed = performance.now() - started;
  if (status !== 0) throw new Error(`node ${args.join(' ')} exited ${status}: ${stderr}`);
  return elapsed;
}
