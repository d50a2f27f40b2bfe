import { setTimeout as delay } from 'node:timers/promises';
import { openRedrain, type Redrain } from '../../src/index.js';
import { givenEdges } from '../support/arrivals.js';
import type { Cli } from '../support/cli.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { residentBytes } from './process-numbers.js';

const EVENTS = 1_000_000;
const GROUP = 10_000;
export const MIB = 1024 * 1024;
export const CONFLICTS = 300;
/** Seconds between two looks at the memory. */
export const SAMPLE_S = 5;

/** Each file that mocha runs has a `describe` of its own, and this module is loaded once for several. */
export function describeLong(name: string, tests: () => void): void {
  const isLong = process.env.REDRAIN_TEST_LONG === '1';
  (isLong ? describe : describe.skip)(name, tests);
}

/** A home with a million events, delivered to two targets but for those that the targets refuse. */
export async function givenMillion(): Promise<{
  readonly cli: Cli;
  readonly redrain: Redrain;
}> {
  const cli = new WarmCli();
  const receiver = new ScriptedReceiver();
  receiver.answer = (batch) =>
    results(batch, ({ eventType }) =>
      eventType === 'Rare' ? { kind: 'rejected', reason: 'no' } : { kind: 'success' },
    );
  const redrain = await openRedrain({ home: cli.home, env: cli.env, receiver: () => receiver });
  closeAfterTest(() => redrain.close());
  await redrain.targets.add('first', { url: 'http://a.test/in' });
  await redrain.targets.add('second', { url: 'http://b.test/in' });
  for (let i = 0; i < EVENTS; i += GROUP) {
    const group = Array.from({ length: GROUP }, (_, k) => ({
      event_id: `e${i + k}`,
      event_type: (i + k) % 100_000 === 7 ? 'Rare' : `Type${(i + k) % 4}`,
    }));
    await redrain.captureMany(group);
  }
  await redrain.drain();
  await redrain.drain({ to: 'second' });
  await redrain.captureMany(
    Array.from({ length: CONFLICTS }, (_, i) => ({
      event_id: `e${i * 3_000 + 5}`,
      event_type: 'Type1',
      word: 'another',
    })),
  );
  await givenEdges(cli.home);
  return { cli, redrain };
}

/** MiB that the process holds after each stretch of captures and drains. */
export async function sizesWhileBusy(
  pid: number,
  redrain: Redrain,
  seconds: number,
): Promise<number[]> {
  const sizes: number[] = [];
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; ) {
    const until = Date.now() + SAMPLE_S * 1_000;
    for (let i = 0; Date.now() < until; i += 1) {
      await redrain.captureMany([{ event_id: `${until}-${i}`, event_type: 'Type1' }]);
      if (i % 20 === 0) await redrain.drain();
      await delay(5);
    }
    sizes.push(Math.round(residentBytes(pid) / MIB));
  }
  return sizes;
}

/** How much larger the last third is than the one before: garbage makes each of them go up and down. */
export function growthOf(sizes: readonly number[]): number {
  const third = Math.floor(sizes.length / 3);
  const mean = (some: readonly number[]) => some.reduce((sum, n) => sum + n, 0) / some.length;
  return mean(sizes.slice(-third)) - mean(sizes.slice(third, 2 * third));
}
