import type { Stores } from '../../src/stores.js';
import type { Witness } from './witness.js';

/**
 * What the programs run on. Everything else of them is the same on every engine. What is in
 * the nature of one (a disk that is full, damaged files, a server that goes) is in no
 * program: test/faults and test/postgres have it.
 */
export interface ModelEngine {
  readonly name: string;
  /** How `npm run soak` is told of it. */
  readonly option: string;
  /** An empty journal for the home of one program. */
  journal(home: string): Promise<ModelJournal>;
}

/** The journal of one program. */
export interface ModelJournal {
  /** What the processes of the home find in their environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly witness: Witness;
  /** Nothing here is about power failures, or about waiting for another writer. */
  settle(stores: Stores): Promise<void>;
  /** The process that opened these is gone: nothing is written through them from now on. Waits for nothing. */
  bury(stores: Stores): void;
  /** After a death, before the next process: what the system does by itself, and what time does. */
  outlive(): Promise<void>;
  /** Runs something while another program holds the lock that captures need. */
  whileLocked<T>(work: () => Promise<T>): Promise<T>;
}
