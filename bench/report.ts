import Table from 'cli-table3';
import type { Machine } from './machine.js';
import type { Reach, RowResult } from './result.js';

/** Everything one run of the bench found: the document of `--json`. */
export interface BenchReport {
  readonly machine: Machine;
  readonly scale: number;
  readonly rounds: number;
  readonly rows: readonly RowResult[];
  readonly duration_s: number;
}

/** The report as a plain table for people. */
export function reportText({ machine, scale, rounds, rows, duration_s }: BenchReport): string {
  const table = new Table({
    head: ['work', 'measured', 'against', 'ratio', 'middle half', 'reach', ''],
    colAligns: ['left', 'right', 'right', 'right', 'left', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(cells(row));
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, ${machine.os}`,
    `node ${machine.node}, SQLite ${machine.sqlite}; scale ${scale}, ${rounds} rounds, ${duration_s} s`,
    table.toString(),
    '',
  ].join('\n');
}

function cells({ row, unit, measured, against, ratio, spread, reach, reached }: RowResult) {
  return [
    row,
    `${measured.name} ${shown(measured.median)} ${unit}`,
    `${against.name} ${shown(against.median)} ${unit}`,
    ratio.toFixed(2),
    spread.map((part) => part.toFixed(2)).join(' – '),
    reach === null ? '' : reachText(reach),
    verdict(reached),
  ];
}

function verdict(reached: boolean | null): string {
  if (reached === null) return '';
  return reached ? 'reached' : 'MISSED';
}

function reachText({ atLeast, atMost }: Reach): string {
  return atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
