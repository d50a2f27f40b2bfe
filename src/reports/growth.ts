/** How the journal grew: events ever captured, whatever became of them. */
export interface Growth {
  readonly events: number;
  /** Epoch milliseconds: when the first one was captured; null while there is none. */
  readonly firstAt: number | null;
  /** The same of the newest. */
  readonly lastAt: number | null;
  /** For each moment that was asked about: events captured before it. */
  readonly before: readonly number[];
}

/** That of a home without a journal. */
export const noGrowth = (moments: readonly number[]): Growth => ({
  events: 0,
  firstAt: null,
  lastAt: null,
  before: moments.map(() => 0),
});
