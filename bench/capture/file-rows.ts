import { execFile } from 'node:child_process';
import { closeSync, createReadStream, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openRedrain } from '../../src/index.js';
import type { BenchSurroundings } from '../bench-surroundings.js';
import { type Cost, costOf } from '../cost.js';
import { type RowResult, rowResult } from '../result.js';
import { perSecond } from '../rounds.js';
import { sampleEvents } from '../sample-events.js';
import { PROJECTS } from './sides.js';

const LINES = 1_000_000;
const PER_CALL = 1_000;
/** The same events come again and again, each time under other ids. */
const DIFFERENT = 10_000;
/** Each run takes long by itself: more of them say the same. */
const ROUNDS = 2;

const PROGRAM = fileURLToPath(new URL('../../../lib/cli.cjs', import.meta.url));
const PRELOAD = new URL('../process/spent-cpu.js', import.meta.url).href;

/** `redrain capture FILE`, its start included, against `captureMany` of the same lines from memory. */
export async function fileRows(at: BenchSurroundings): Promise<RowResult[]> {
  const lines = at.scaled(LINES, DIFFERENT);
  const file = join(at.workspace.directory('lines'), 'events.jsonl');
  writeLines(file, lines);
  const rounds: [Cost, Cost][] = [];
  for (let round = 0; round < Math.min(at.rounds, ROUNDS); round += 1)
    rounds.push([await byCommand(at, file, lines), await byLibrary(at, file, lines)]);
  const side = (which: 0 | 1, figure: keyof Cost) => rounds.map((both) => both[which][figure]);
  const names = ['capture FILE', 'captureMany'] as const;
  return [
    rowResult({
      row: `capture FILE, ${lines} lines`,
      unit: 'events/s',
      names,
      measured: side(0, 'rate'),
      against: side(1, 'rate'),
    }),
    rowResult({
      row: '… CPU of an event',
      unit: 'µs',
      names,
      measured: side(0, 'cpu'),
      against: side(1, 'cpu'),
      reach: { atMost: 1.1 },
    }),
  ];
}

function writeLines(file: string, lines: number): void {
  const sample = sampleEvents(DIFFERENT, PROJECTS).map(({ bytes }) => bytes.toString());
  const out = openSync(file, 'w');
  for (let written = 0; written < lines; written += DIFFERENT) {
    const round = String(written / DIFFERENT).padStart(6, '0');
    const renamed = sample
      .slice(0, lines - written)
      .map((text) => text.replace('"event_id":"', `"event_id":"${round}-`));
    writeSync(out, `${renamed.join('\n')}\n`);
  }
  closeSync(out);
}

async function byCommand(at: BenchSurroundings, file: string, lines: number): Promise<Cost> {
  const home = at.workspace.directory('file');
  const cpuFile = join(home, 'cpu');
  const started = performance.now();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', PRELOAD, PROGRAM, 'capture', file, '--json', '--home', home],
    { env: { REDRAIN_BENCH_CPU_FILE: cpuFile } },
  );
  const elapsed = performance.now() - started;
  assertAll((JSON.parse(stdout) as { captured: number }).captured, lines);
  const cpu = Number(readFileSync(cpuFile, 'utf8')) / lines;
  at.workspace.discard(home);
  return { rate: perSecond(lines, elapsed), cpu };
}

/** Reading the lines is no part of it: they are read call by call, so that memory is no limit. */
async function byLibrary(at: BenchSurroundings, file: string, lines: number): Promise<Cost> {
  const home = at.workspace.directory('file');
  const redrain = await openRedrain({ home, env: {} });
  await redrain.capture({ event_id: 'first', event_type: 'Bench' });
  const costs: Cost[] = [];
  let captured = 0;
  const hand = async (envelopes: readonly string[]): Promise<void> => {
    const bytes = envelopes.map((line) => Buffer.from(line));
    const call = async (): Promise<void> => {
      captured += (await redrain.captureMany(bytes)).captured;
    };
    costs.push(await costOf(bytes.length, call));
  };
  let waiting: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (waiting.push(line) < PER_CALL) continue;
    await hand(waiting);
    waiting = [];
  }
  await redrain.close();
  at.workspace.discard(home);
  assertAll(captured, lines);
  const seconds = costs.reduce((sum, { rate }) => sum + PER_CALL / rate, 0);
  const cpu = costs.reduce((sum, each) => sum + each.cpu, 0) / costs.length;
  return { rate: lines / seconds, cpu };
}

function assertAll(captured: number, lines: number): void {
  if (captured !== lines) throw new Error(`only ${captured} of ${lines} lines were captured`);
}
