import { openRedrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { type RowResult, rowResult } from '../result.js';
import { takeTurns } from '../rounds.js';
import { fillFrontJournal } from '../selection/front-journal.js';

const MANY = 1_000_000;
const FEW = 10_000;
const TIMES = 20;

/** The status document of a large journal against that of a small one, four targets each. */
export async function statusRows(at: BenchSurroundings): Promise<RowResult[]> {
  const [many, few] = [at.scaled(MANY, 1_000), Math.min(at.scaled(FEW, 1_000), FEW)];
  const homes = [
    await filled(at, 'status-many', many),
    await filled(at, 'status-few', few),
  ] as const;
  await takeTurns(3, [() => timeStatus(homes[0]), () => timeStatus(homes[1])]);
  const times = await takeTurns(TIMES, [() => timeStatus(homes[0]), () => timeStatus(homes[1])]);
  for (const home of homes) at.workspace.discard(home);
  return [
    rowResult({
      row: 'status, 4 targets',
      unit: 'ms',
      names: [String(many), String(few)],
      measured: times.map(([ofMany]) => ofMany as number),
      against: times.map(([, ofFew]) => ofFew as number),
      reach: { atMost: 1.5 },
    }),
  ];
}

async function filled(at: BenchSurroundings, name: string, front: number): Promise<string> {
  at.say(`  filling a journal with ${front} events`);
  const home = at.workspace.directory(name);
  await fillFrontJournal(home, front);
  return home;
}

/** Milliseconds of one whole document, connection included. */
async function timeStatus(home: string): Promise<number> {
  const redrain = await openRedrain({ home, env: {} });
  const started = performance.now();
  const status = await redrain.status();
  const elapsed = performance.now() - started;
  await redrain.close();
  if ('error' in status.delivery_ledger) throw new Error(status.delivery_ledger.error);
  return elapsed;
}
