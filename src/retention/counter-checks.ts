import type { CountedRow } from './census.js';
import type { Findings } from './verification.js';

/** Every counter of one kind equals a recount; those that count nothing may be left out. */
export function compareCounters(
  name: string,
  counted: readonly CountedRow[],
  real: readonly CountedRow[],
  findings: Findings,
): void {
  const left = byKey(counted);
  for (const [key, value] of byKey(real)) {
    const said = left.get(key);
    left.delete(key);
    if (said !== value)
      findings.problem(`${name} counter ${key} says ${said ?? 'nothing'}, there are ${value}`);
  }
  for (const [key, said] of left)
    findings.problem(`${name} counter ${key} says ${said}, there is nothing`);
}

const COUNTED = new Set([
  ...['events', 'retained', 'bytes', 'rows'],
  ...['high', 'complete', 'received', 'excluded'],
]);

/** `target 1, origin 2, …` to `3 events, …`. */
function byKey(rows: readonly CountedRow[]): Map<string, string> {
  const text = (row: CountedRow, isCounter: boolean): string =>
    Object.entries(row)
      .filter(([name]) => COUNTED.has(name) === isCounter)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return new Map(rows.map((row) => [text(row, false), text(row, true)]));
}
