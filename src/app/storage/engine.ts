import type { Stores } from '../../stores.js';

/** How long the journal may keep a writer waiting, and for tests how much room it has. */
export interface StorageOptions {
  readonly busyTimeoutMs?: number;
  /** SQLite: the file may grow to so many pages. */
  readonly maxPages?: number;
}

/** Where the journal of a home is kept, and how it is opened there. */
export interface Engine {
  readonly kind: 'sqlite' | 'postgres';
  /** For people: a file, or server and database. Never a password. */
  readonly shown: string;
  /** Whether there is a journal, or something that stands in its place. */
  exists(): Promise<boolean>;
  /**
   * Opens it for writing; makes it where there is none.
   *
   * @throws StorageUnavailableError, NewerSchemaError.
   */
  open(options: StorageOptions): Promise<Stores>;
  /**
   * Opens it for reading only; undefined where there is none. Changes nothing.
   *
   * @throws StorageUnavailableError, NewerSchemaError, OlderSchemaError.
   */
  openToRead(): Promise<Stores | undefined>;
  /**
   * Opens a copy for writing, in a directory that the caller deletes; an empty
   * journal where there is none.
   *
   * @throws as `open`; NoRehearsalError where no copy can be made.
   */
  openCopy(directory: string): Promise<Stores>;
}
