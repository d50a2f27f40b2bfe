/** What rewriting the journal gained. */
export interface SpaceWon {
  readonly before_bytes: number;
  readonly after_bytes: number;
  readonly won_bytes: number;
}

/** The result of writing the journal again. */
export interface Compaction extends SpaceWon {
  /** What may still hold deleted bytes, one line each: nothing, as a rule. */
  readonly remains: readonly string[];
}

/** The room that the journal takes up on disk. */
export interface JournalSpace {
  /** Bytes that the journal takes up and that hold nothing. */
  freeBytes(): Promise<number>;

  /**
   * Rewrites the journal, without what holds nothing: no byte of what was
   * deleted stays. Needs as much disk again while it works, and every other
   * writer waits. `env` may name a directory for temporary files.
   *
   * @throws StorageUnavailableError; the journal is then what it was.
   */
  compact(env?: NodeJS.ProcessEnv): Promise<Compaction>;
}
