import type { CandidateBatch } from './candidate.js';

/**
 * One way of reading input: as lines, as elements of an array, and so on. Bytes
 * are pushed in whatever pieces they arrive; the candidates found do not depend
 * on where the pieces end.
 */
export interface Stage {
  /** Bytes held because their event is not complete yet; bounded by the largest event. */
  readonly buffered: number;
  /** The line (1-based) that reading has come to. */
  readonly line: number;
  /** Takes all of `bytes`, or hands over to another stage what it did not take. */
  push(bytes: Buffer): Handover | undefined;
  /** No more bytes will come. A handover here still has bytes to read. */
  end(): Handover | undefined;
}

/** From here on another stage reads, beginning with `rest`. */
export interface Handover {
  readonly next: Stage;
  readonly rest: Buffer;
}

/** What all stages of one input share. */
export interface InputContext {
  readonly out: CandidateBatch;
  /** What is longer is not held as a whole. */
  readonly maxEventBytes: number;
}
