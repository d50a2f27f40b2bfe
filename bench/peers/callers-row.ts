import type { BenchSurroundings } from '../bench-surroundings.js';
import { median } from '../median.js';
import { type RowResult, rowResult } from '../result.js';
import { perSecond } from '../rounds.js';
import type { PeerRun } from './peer-process.js';
import { runsInTurn } from './peers-report.js';
import { WAYS } from './ways.js';

const OWN = 'redrain';

/**
 * 64 callers that capture one event each, again and again: redrain against the fastest of what can be
 * run here and, as redrain does, syncs an event before it acknowledges it.
 */
export async function callersRow(at: BenchSurroundings): Promise<RowResult[]> {
  const events = at.scaled(WAYS.callers.events, 1_280);
  const runs = await runsInTurn(at, 'callers', events);
  const rates = (of: readonly PeerRun[] = []): number[] =>
    of.map(({ ms }) => perSecond(events, ms));
  const cpus = (of: readonly PeerRun[] = []): number[] => of.map(({ cpu_us }) => cpu_us / events);
  const syncsFirst = (name: string): boolean => runs.get(name)?.[0]?.syncsFirst === true;
  for (const name of runs.keys())
    if (!syncsFirst(name)) at.say(`left out: ${name} acknowledges events before they are synced`);
  const [next] = [...runs.keys()]
    .filter((name) => name !== OWN && syncsFirst(name))
    .sort((a, b) => median(rates(runs.get(b))) - median(rates(runs.get(a))));
  if (next === undefined) {
    at.say('left out: 64 callers, no other program can be run here');
    return [];
  }
  return [
    rowResult({
      row: 'capture, 64 callers at once',
      unit: 'events/s',
      names: ['product', next],
      measured: rates(runs.get(OWN)),
      against: rates(runs.get(next)),
      cpu: [cpus(runs.get(OWN)), cpus(runs.get(next))],
      reach: { atLeast: 1.3 },
    }),
  ];
}
