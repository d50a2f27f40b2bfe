import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openRedrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { quantile } from '../median.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { takeTurns } from '../rounds.js';
import { sampleEvents } from '../sample-events.js';
import { copySettled } from '../workspace.js';
import { type RunningReceiver, startPlainReceiver } from './receiver.js';
import { filled } from './webhook-rows.js';

const EVENTS = 400;
const GOOD_MS = 20;
const SLOW_MS = 100;
const GOOD = 'a';

/** How late events arrive at a good target beside a slow, a rejecting and a dead one, against alone. */
export async function targetsRow(at: BenchSurroundings): Promise<RowResult[]> {
  const events = sampleEvents(at.scaled(EVENTS, 100), projectUuids(3));
  const template = await filled(at, events);
  const rounds = await takeTurns(at.rounds, [
    () => latestOfGood(at, template, ['b', 'slow', 'rejecting', 'dead']),
    () => latestOfGood(at, template, []),
  ]);
  return [
    rowResult({
      row: `p99 of a target beside a slow, a rejecting and a dead one, ${events.length} events`,
      unit: 'ms',
      names: ['of five', 'alone'],
      measured: rounds.map(([beside]) => beside as number),
      against: rounds.map(([, alone]) => alone as number),
      reach: { atMost: 1.2 },
    }),
  ];
}

const table = (name: string, url: string): string =>
  `[redrain.targets.${name}]\nurl = "${url}/${name}"\nformat = "webhook"\n`;

/** Milliseconds from the beginning of a drain of all targets to the verdict, for 99 of 100 events. */
async function latestOfGood(
  at: BenchSurroundings,
  template: string,
  others: readonly string[],
): Promise<number> {
  const home = at.workspace.directory('targets');
  const journal = join(home, 'redrain', 'journal.db');
  copySettled(template, journal);
  const servers = await started(others);
  const urls = [GOOD, ...others].map((name) => table(name, servers.get(name)?.url ?? DEAD));
  writeFileSync(join(home, 'config.toml'), urls.join(''));
  const redrain = await openRedrain({ home, env: {} });
  const from = Date.now();
  await redrain.drain({ all: true });
  await redrain.close();
  for (const server of servers.values()) await server.stop();
  const late = verdictTimes(journal).map((time) => time - from);
  at.workspace.discard(home);
  return quantile(late, 0.99);
}

const DEAD = 'http://127.0.0.1:9';

async function started(others: readonly string[]): Promise<Map<string, RunningReceiver>> {
  const servers = new Map([[GOOD, await startPlainReceiver(GOOD_MS)]]);
  if (others.includes('b')) servers.set('b', await startPlainReceiver(GOOD_MS));
  if (others.includes('slow')) servers.set('slow', await startPlainReceiver(SLOW_MS));
  if (others.includes('rejecting')) servers.set('rejecting', await startPlainReceiver(0, 422));
  return servers;
}

function verdictTimes(journal: string): number[] {
  const db = new Database(journal, { readonly: true });
  const times = db
    .prepare(
      `SELECT d.completed_at FROM delivery d JOIN target t ON t.id = d.target_id
       WHERE t.name = ? AND d.status = 'success'`,
    )
    .pluck()
    .all(GOOD) as number[];
  db.close();
  return times;
}
