/**
 * Which events of the journal are meant: by what was captured, never by what
 * became of them. Every part that is given must hold; times in epoch
 * milliseconds are times of capture, which every event has.
 */
export interface EventFilter {
  readonly type?: string | undefined;
  /** Rows of `origin`; the caller knows which projects they are. */
  readonly originIds?: readonly number[] | undefined;
  readonly seqs?: readonly number[] | undefined;
  /** Inclusive. */
  readonly since?: number | undefined;
  /** Exclusive. */
  readonly until?: number | undefined;
}
