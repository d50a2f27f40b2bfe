import { forTerminal } from '../src/cli/color.js';
import { type Column, table } from '../src/cli/table.js';
import type { Machine } from './machine.js';
import type { Reach, RowResult, Side } from './result.js';

/** Everything one run of the bench found: the document of `--json`. */
export interface BenchReport<Row = RowResult> {
  readonly machine: Machine;
  readonly scale: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly duration_s: number;
}

/** The report as a plain table for people. */
export function reportText<Row>(
  { machine, scale, rounds, rows, duration_s }: BenchReport<Row>,
  columns: readonly Column<Row>[],
): string {
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, ${machine.os}`,
    `node ${machine.node}, SQLite ${machine.sqlite}; scale ${scale}, ${rounds} rounds, ${duration_s} s`,
    forTerminal(table(columns, rows)),
    '',
  ].join('\n');
}

const measure = (unit: string, { name, median, cpu }: Side): string =>
  `${name} ${shown(median)} ${unit}${cpu === undefined ? '' : `, ${shown(cpu)} µs of CPU`}`;

/** Product and floor. */
export const COLUMNS: readonly Column<RowResult>[] = [
  { key: 'work', heading: 'WORK', value: ({ row }) => row, shrink: { how: 'fold', least: 12 } },
  {
    key: 'measured',
    heading: 'MEASURED',
    value: ({ unit, measured }) => measure(unit, measured),
    shrink: { how: 'fold', least: 10 },
  },
  {
    key: 'against',
    heading: 'AGAINST',
    value: ({ unit, against }) => measure(unit, against),
    shrink: { how: 'fold', least: 10 },
  },
  { key: 'ratio', heading: 'RATIO', value: ({ ratio }) => ratio.toFixed(2) },
  {
    key: 'middle_half',
    heading: 'MIDDLE HALF',
    value: ({ spread }) => spread.map((part) => part.toFixed(2)).join(' – '),
  },
  {
    key: 'reach',
    heading: 'REACH',
    value: ({ reach }) => (reach === null ? '' : reachText(reach)),
  },
  {
    key: 'verdict',
    heading: 'VERDICT',
    value: ({ reached }) => verdict(reached),
    isOptional: true,
  },
];

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
