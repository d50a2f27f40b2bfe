import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openRedrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { type Cost, costOf } from '../cost.js';
import { projectUuids } from '../projects.js';
import { type RowResult, rowResult } from '../result.js';
import { takeTurns } from '../rounds.js';
import { sampleEvents } from '../sample-events.js';

const EVENTS = 1_000_000;
const DIFFERENT = 10_000;
const PAGE = 1_000;
/** Each run takes long by itself. */
const ROUNDS = 3;

/** Every check on a journal that one target has all of, against one thread that reads and hashes the same bytes. */
export async function verifyRows(at: BenchSurroundings): Promise<RowResult[]> {
  const events = at.scaled(EVENTS, DIFFERENT);
  at.say(`  filling a journal with ${events} events, and delivering them`);
  const home = at.workspace.directory('verify');
  await fill(home, events);
  const turns = await takeTurns<Cost>(Math.min(at.rounds, ROUNDS), [
    () => costOf(events, () => verify(home, events)),
    () => costOf(events, async () => readAndHash(home, events)),
  ]);
  at.workspace.discard(home);
  const side = (which: number, figure: keyof Cost) =>
    turns.map((costs) => (costs[which] as Cost)[figure]);
  return [
    rowResult({
      row: `verify, ${events} events, all delivered`,
      unit: 'events/s',
      names: ['product', 'one thread'],
      measured: side(0, 'rate'),
      against: side(1, 'rate'),
      cpu: [side(0, 'cpu'), side(1, 'cpu')],
      reach: { atLeast: 1 },
    }),
  ];
}

async function fill(home: string, events: number): Promise<void> {
  writeFileSync(
    join(home, 'config.toml'),
    '[redrain.targets.stub]\nurl = "stub:"\n[redrain]\ntarget = "stub"\n',
  );
  const redrain = await openRedrain({ home, env: {} });
  const sample = sampleEvents(DIFFERENT, projectUuids(3)).map(({ bytes }) => bytes.toString());
  for (let captured = 0; captured < events; captured += DIFFERENT) {
    const round = String(captured / DIFFERENT).padStart(6, '0');
    const renamed = sample
      .slice(0, events - captured)
      .map((text) => text.replace('"event_id":"', `"event_id":"${round}-`));
    await redrain.captureMany(renamed);
  }
  const { delivered } = await redrain.drain();
  await redrain.close();
  if (delivered !== events) throw new Error(`${delivered} of ${events} events were delivered`);
}

async function verify(home: string, events: number): Promise<void> {
  const redrain = await openRedrain({ home, env: {} });
  const report = await redrain.verify();
  await redrain.close();
  if (!report.ok || report.events !== events) throw new Error(report.verdict);
}

/** A payload and its digest after the other, in pages, as plainly as it can be done. */
function readAndHash(home: string, events: number): void {
  const db = new Database(join(home, 'journal.db'), { readonly: true });
  const page = db.prepare<[number, number], { seq: number; sha256: Buffer; bytes: Buffer }>(
    `SELECT e.seq, e.sha256, p.bytes FROM event e JOIN payload p ON p.seq = e.seq
     WHERE e.seq > ? ORDER BY e.seq LIMIT ? + 0`,
  );
  let seen = 0;
  for (let after = 0; ; ) {
    const rows = page.all(after, PAGE);
    for (const { seq, sha256, bytes } of rows)
      if (!hash('sha256', bytes, 'buffer').equals(sha256)) throw new Error(`event ${seq} differs`);
    seen += rows.length;
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.seq;
  }
  db.close();
  if (seen !== events) throw new Error(`${seen} of ${events} payloads were read`);
}
