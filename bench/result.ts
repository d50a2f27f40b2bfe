import { median, quantile } from './median.js';

/** One side of a comparison. */
export interface Side {
  readonly name: string;
  /** Median over the rounds, in `unit`. */
  readonly median: number;
  /** Median of the microseconds of CPU for each event, where that was measured beside a rate. */
  readonly cpu?: number;
}

/** A figure to reach (docs/performance.md): the ratio has to be at least, or at most, so much. */
export interface Reach {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One row of the report. */
export interface RowResult {
  readonly row: string;
  readonly unit: string;
  readonly measured: Side;
  readonly against: Side;
  /** Median of the ratios of neighbouring runs: what disturbs one mostly disturbs its neighbour. */
  readonly ratio: number;
  /** The middle half of those ratios. */
  readonly spread: readonly [lower: number, upper: number];
  /** Null for a row that only informs. */
  readonly reach: Reach | null;
  readonly reached: boolean | null;
}

/** Pairs of values that were measured one right after the other. */
export interface Pairs {
  readonly row: string;
  readonly unit: string;
  readonly names: readonly [measured: string, against: string];
  readonly measured: readonly number[];
  readonly against: readonly number[];
  /** Of both sides, where CPU was measured too. */
  readonly cpu?: readonly [measured: readonly number[], against: readonly number[]];
  readonly reach?: Reach;
}

/** Sums up the pairs of one row. */
export function rowResult(pairs: Pairs): RowResult {
  const { row, unit, names, measured, against, cpu, reach } = pairs;
  const ratios = measured.map((value, i) => value / (against[i] ?? Number.NaN));
  const ratio = median(ratios);
  return {
    row,
    unit,
    measured: side(names[0], measured, cpu?.[0]),
    against: side(names[1], against, cpu?.[1]),
    ratio,
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    reach: reach ?? null,
    reached: reach === undefined ? null : isReached(ratio, reach),
  };
}

function side(name: string, values: readonly number[], cpu: readonly number[] | undefined): Side {
  const figure = { name, median: median(values) };
  return cpu === undefined ? figure : { ...figure, cpu: median(cpu) };
}

function isReached(ratio: number, { atLeast = 0, atMost = Number.POSITIVE_INFINITY }: Reach) {
  return ratio >= atLeast && ratio <= atMost;
}
