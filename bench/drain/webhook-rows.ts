import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { openRedrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { perSecond, takeTurns } from '../rounds.js';
import { type SampleEvent, sampleEvents } from '../sample-events.js';
import { copySettled } from '../workspace.js';
import { startPlainReceiver } from './receiver.js';

const NEAR_EVENTS = 10_000;
const DISTANT_SINGLE_EVENTS = 3_200;
const DISTANT_BATCH_EVENTS = 40_000;
const AT_ONCE = 32;
const AWAY_MS = 50;
const PER_BATCH = 1_000;
const KEY = Buffer.from('a key of 24 bytes, plain');
const SECRET = `whsec_${KEY.toString('base64')}`;

const WEBHOOK = `format = "webhook"\nsecret_env = "BENCH_SECRET"\nconcurrency = ${AT_ONCE}\n`;
/** Compressed, as requests to a distant address are: `auto` compresses nothing for loopback, and here only the delay is distant. */
const BATCH = `max_events = ${PER_BATCH}\nmax_bytes = 1048576\ncompression = "gzip"\n`;

/** One event a request to a near and to a distant target, and batches to a distant one. */
export async function webhookRows(at: BenchSurroundings): Promise<RowResult[]> {
  const distant = (1_000 / AWAY_MS) * AT_ONCE;
  const batches = (1_000 / AWAY_MS) * PER_BATCH;
  return [
    await nearRow(at),
    await distantRow(at, 'webhook', DISTANT_SINGLE_EVENTS, WEBHOOK, distant, 0.85),
    await distantRow(at, 'batch', DISTANT_BATCH_EVENTS, BATCH, batches, 0.9),
  ];
}

async function nearRow(at: BenchSurroundings): Promise<RowResult> {
  const events = sampleEvents(at.scaled(NEAR_EVENTS, 500), projectUuids(3));
  const template = await filled(at, events);
  const rounds = await takeTurns(at.rounds, [
    () => runProduct(at, template, events.length, WEBHOOK, 0),
    () => runLoop(events),
  ]);
  return rowResult({
    row: `webhook to loopback, ${AT_ONCE} at once, signed, ${events.length} events`,
    unit: 'events/s',
    names: ['product', 'bare loop'],
    measured: rounds.map(([product]) => product as number),
    against: rounds.map(([, loop]) => loop as number),
    reach: { atLeast: 0.7 },
  });
}

async function distantRow(
  at: BenchSurroundings,
  format: string,
  count: number,
  settings: string,
  possible: number,
  atLeast: number,
): Promise<RowResult> {
  const events = sampleEvents(at.scaled(count, PER_BATCH), projectUuids(3));
  const template = await filled(at, events);
  const rounds = await takeTurns(Math.ceil(at.rounds * 0.6), [
    () => runProduct(at, template, events.length, settings, AWAY_MS),
  ]);
  return rowResult({
    row: `${format} to a target ${AWAY_MS} ms away, ${events.length} events`,
    unit: 'events/s',
    names: ['product', 'round trips allow'],
    measured: rounds.map(([product]) => product as number),
    against: rounds.map(() => possible),
    reach: { atLeast },
  });
}

/** A closed journal that holds these events, none of them sent. */
export async function filled(
  at: BenchSurroundings,
  events: readonly SampleEvent[],
): Promise<string> {
  const home = at.workspace.directory('template');
  const redrain = await openRedrain({ home, env: {} });
  await redrain.captureMany(events.map(({ bytes }) => bytes));
  await redrain.close();
  return join(home, 'journal.db');
}

async function runProduct(
  at: BenchSurroundings,
  template: string,
  events: number,
  settings: string,
  awayMs: number,
): Promise<number> {
  const home = at.workspace.directory('product');
  copySettled(template, join(home, 'journal.db'));
  const receiver = await startPlainReceiver(awayMs);
  const target = `[sync]\nmode = "EXTERNAL_RECEIVER"\ntarget = "x"\n[sync.targets.x]\nurl = "${receiver.url}/"\n${settings}`;
  writeFileSync(join(home, 'config.toml'), target);
  const redrain = await openRedrain({ home, env: { BENCH_SECRET: SECRET } });
  const started = performance.now();
  const { delivered } = await redrain.drain();
  const elapsed = performance.now() - started;
  await redrain.close();
  await receiver.stop();
  at.workspace.discard(home);
  if (delivered !== events) throw new Error(`${delivered} of ${events} events were delivered`);
  return perSecond(delivered, elapsed);
}

/** The same requests without a journal: signed, so many at once, over connections that are kept. */
async function runLoop(events: readonly SampleEvent[]): Promise<number> {
  const receiver = await startPlainReceiver(0);
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const waiting = events.values();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const event of waiting) await post(receiver.url, agent, event);
    }),
  );
  const elapsed = performance.now() - started;
  agent.destroy();
  await receiver.stop();
  return perSecond(events.length, elapsed);
}

function post(url: string, agent: http.Agent, { eventId, bytes }: SampleEvent): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', KEY)
    .update(`${eventId}.${timestamp}.`)
    .update(bytes)
    .digest('base64');
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': bytes.length,
    'webhook-id': eventId,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', agent, headers }, (response) =>
      response.on('end', resolve).on('error', reject).resume(),
    );
    request.on('error', reject).end(bytes);
  });
}
