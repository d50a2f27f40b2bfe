/** Reads a journal from outside of the process that works on it. */
export interface Witness {
  /** The rows of each statement, all of one snapshot. */
  read(statements: readonly string[]): Promise<unknown[][]>;
  /** @throws where the ledger contradicts itself. */
  assertInvariant(): Promise<void>;
  close(): Promise<void>;
}
