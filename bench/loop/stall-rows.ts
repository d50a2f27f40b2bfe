import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRedrain, type Redrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { type RowResult, rowResult } from '../result.js';
import { longestStall } from './longest-stall.js';

const MANY = 100_000;
const ALLOWED_MS = 50;
const PADDING = 'z'.repeat(500);

type Call = readonly [name: string, call: (redrain: Redrain) => Promise<unknown>];

/**
 * The longest time for which each library call keeps every timer, signal and
 * socket of the program around it waiting. The calls go over one home in turn,
 * each with all events before it; opening the journal is not among them.
 */
export async function stallRows(at: BenchSurroundings): Promise<RowResult[]> {
  const calls = callsOver(at.scaled(MANY, 1_000));
  const stalls: number[][] = [];
  for (let round = 0; round < at.rounds; round += 1) stalls.push(await stallsOf(at, calls));
  return calls.map(([name], i) => {
    const measured = stalls.map((ofRound) => ofRound[i] as number);
    at.say(`  ${name}: ${measured.map((ms) => ms.toFixed(1)).join(', ')} ms`);
    return rowResult({
      row: `longest stall of the event loop: ${name}`,
      unit: 'ms',
      names: [String(at.scaled(MANY, 1_000)), 'allowed'],
      measured,
      against: measured.map(() => ALLOWED_MS),
      reach: { atMost: 1 },
    });
  });
}

async function stallsOf(at: BenchSurroundings, calls: readonly Call[]): Promise<number[]> {
  const home = at.workspace.directory('stalls');
  writeFileSync(
    join(home, 'config.toml'),
    '[sync]\nmode = "EXTERNAL_RECEIVER"\n[sync.external]\nendpoint = "stub:"\n',
  );
  const redrain = await openRedrain({ home, env: {} });
  await redrain.capture({ event_type: 'First' });
  const stalls: number[] = [];
  for (const [, call] of calls) stalls.push(await longestStall(() => call(redrain)));
  await redrain.close();
  at.workspace.discard(home);
  return stalls;
}

function callsOver(count: number): readonly Call[] {
  const event = (i: number, pad: string) => ({ event_id: `e${i}`, event_type: `T${i % 7}`, pad });
  const events = Array.from({ length: count }, (_, i) => event(i, PADDING));
  const others = Array.from({ length: count / 5 }, (_, i) => event(i, 'another'));
  return [
    ['captureMany', (redrain) => redrain.captureMany(events)],
    ['captureMany of duplicates', (redrain) => redrain.captureMany(events)],
    ['captureMany of conflicts', (redrain) => redrain.captureMany(others)],
    ['drain to stub:', (redrain) => redrain.drain()],
    ['replay', (redrain) => redrain.replay({ target: '1' })],
    ['retry', (redrain) => redrain.retry()],
    ['diff', (redrain) => redrain.diff('1', '1')],
    ['events', (redrain) => redrain.events({ state: 'rejected' })],
    ['status', (redrain) => redrain.status()],
    ['projects', (redrain) => redrain.projects()],
    ['verify', (redrain) => redrain.verify()],
  ];
}
