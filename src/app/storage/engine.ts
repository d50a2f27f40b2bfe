import type { Stores } from '../../stores.js';
import type { Check } from '../doctor/check.js';

/** How long the journal may keep a writer waiting, and for tests how much room it has. */
export interface StorageOptions {
  readonly busyTimeoutMs?: number;
  /** SQLite: the file may grow to so many pages. */
  readonly maxPages?: number;
}

/** What making or changing tables came to. */
export interface StorageChange {
  /** Schema numbers; 0: there was no journal. */
  readonly before: number;
  readonly after: number;
  /** Roles that have rights on the tables; null where there are none. */
  readonly roles: { readonly application: string; readonly gc: string } | null;
  /** The statements that gave them their rights; empty where none were given. */
  readonly grants: readonly string[];
}

/** What the owner of a journal that needs an owner does with its tables. */
export interface Administration {
  /** The role that may delete payload bytes, once `init` has made it. */
  readonly retentionRole: string;
  /** Makes tables, and roles where they are asked for. Doing it again changes nothing. */
  init(withRoles: boolean): Promise<StorageChange>;
  /** Brings the tables up to date. Resolves with undefined when there is no journal. */
  migrate(): Promise<StorageChange | undefined>;
  /** The statements of `init`, for somebody else to run. */
  initScript(withRoles: boolean): Promise<string>;
  /** Those of `migrate`; undefined when no table has to be changed. */
  migrateScript(): Promise<string | undefined>;
  /** Looks at what the promises of the journal rest on. Changes nothing. */
  check(): Promise<readonly Check[]>;
}

/** Where the journal of a home is kept, and how it is opened there. */
export interface Engine {
  readonly kind: 'sqlite' | 'postgres';
  /** For people: a file, or server and database. Never a password. */
  readonly shown: string;
  /** Undefined for a journal that is a file of the home: it makes itself, and has no roles. */
  readonly administration?: Administration;
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
