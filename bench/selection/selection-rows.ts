import type { BenchSurroundings } from '../bench-surroundings.js';
import { type RowResult, rowResult } from '../result.js';
import { ClaimTimer, type ClaimTimes } from './claim-timer.js';
import { archiveFront, type FrontJournal, fillFrontJournal, type Shape } from './front-journal.js';

const MANY = 1_000_000;
const FEW = 10_000;
const WARM_UP = 10;
const TIMES = 50;
const SHAPES: readonly Shape[] = ['delivered', 'held', 'not due', 'archived'];

/** The next 1000 behind a million events, against those behind ten thousand. A scale of 10 makes that ten million, and no more than ten thousand. */
export async function selectionRows(at: BenchSurroundings): Promise<RowResult[]> {
  const many = await filled(at, 'many', at.scaled(MANY, 1_000));
  const few = await filled(at, 'few', Math.min(at.scaled(FEW, 1_000), FEW));
  const rows: RowResult[] = [];
  for (const shape of SHAPES) {
    // Comes last: nothing is in front of the other targets any more.
    if (shape === 'archived') for (const journal of [many, few]) archiveFront(journal);
    rows.push(...(await compare(shape, many, few)));
  }
  return rows;
}

function filled(at: BenchSurroundings, name: string, count: number): Promise<FrontJournal> {
  at.say(`  filling a journal with ${count} events in front`);
  return fillFrontJournal(at.workspace.directory(name), count);
}

async function compare(shape: Shape, many: FrontJournal, few: FrontJournal): Promise<RowResult[]> {
  const timers = [await ClaimTimer.open(many, shape), await ClaimTimer.open(few, shape)] as const;
  const times: [ClaimTimes, ClaimTimes][] = [];
  for (let i = 0; i < WARM_UP + TIMES; i += 1) {
    const pair: [ClaimTimes, ClaimTimes] = [await timers[0].time(), await timers[1].time()];
    if (i >= WARM_UP) times.push(pair);
  }
  for (const timer of timers) timer.close();
  const names = [String(many.front), String(few.front)] as const;
  const row = (part: keyof ClaimTimes) =>
    rowResult({
      row: `${part} 1000 behind ${shape}`,
      unit: 'ms',
      names,
      measured: times.map(([ofMany]) => ofMany[part]),
      against: times.map(([, ofFew]) => ofFew[part]),
      reach: { atMost: 1.5 },
    });
  return [row('select'), row('claim')];
}
