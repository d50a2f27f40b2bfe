import type { JobControl } from '../retention/job-control.js';
import type { Verified, VerifyRequest } from '../retention/verification.js';

/** A column of a table that is copied, and what its values are. */
export interface TransferColumn {
  readonly name: string;
  readonly type: 'integer' | 'text' | 'bytes';
  /** Neither engine needs the value of the other: it is empty in the copy. */
  readonly isLeftOut: boolean;
}

/** A table that both engines have. */
export interface TransferTable {
  readonly name: string;
  /** Whether the engine gives its ids. */
  readonly hasIds: boolean;
  readonly columns: readonly TransferColumn[];
}

/** What is stored in a column. */
export type TransferValue = number | string | Uint8Array | null;

/** A row, in the order of the columns of its table. */
export type TransferRow = readonly TransferValue[];

/** The place in a table behind which a page begins: the values of its key; empty at its begin. */
export type TransferKey = readonly (number | string)[];

/** Some rows in the order of their keys. */
export interface TransferPage {
  readonly rows: readonly TransferRow[];
  /** The key of the last row. */
  readonly last: TransferKey;
}

/** How much of a table is copied. */
export interface TableProgress {
  readonly rows: number;
  /** Of all these rows together, whatever their order. */
  readonly digest: bigint;
  readonly last: TransferKey;
  readonly isDone: boolean;
}

export const NOTHING_COPIED: TableProgress = { rows: 0, digest: 0n, last: [], isDone: false };

/** What a source is marked with while it is copied, and afterwards. */
export interface MoveMark {
  /** Names this move. */
  readonly id: string;
  /** Where the journal goes, for people; never a password. */
  readonly place: string;
  /** The identity of the journal it becomes. */
  readonly journal: string;
  /**
   * `planned`: the journal is used as before. `copying`: nobody writes it any more.
   * `complete`: everything was copied and compared, and may be in use there; `finished`: it is.
   */
  readonly state: 'planned' | 'copying' | 'complete' | 'finished';
}

/** A journal that is copied. While it is marked nobody changes it. */
export interface JournalSource {
  readonly shown: string;
  readonly mark: MoveMark | undefined;
  /** Keeps a mark in it, so that a move which is killed goes on under the same id. */
  plan(mark: MoveMark): Promise<void>;
  /**
   * Files what is not filed and freezes the journal, in one transaction: from here on every
   * capture goes to the spool, and everything else fails with JournalMovedError.
   */
  freeze(): Promise<void>;
  /** Takes the mark away: the journal is as it was. */
  release(): void;
  /** Says in the mark how far the move is. */
  note(state: 'complete' | 'finished'): void;
  /** Names of its tables that hold anything of a journal. */
  tables(): string[];
  count(table: TransferTable): number;
  /** The next rows of a table, as many as fit into memory easily; undefined at its end. */
  page(table: TransferTable, after: TransferKey): TransferPage | undefined;
  /** The highest number that an id of a table ever had. */
  highestId(table: string): number;
  close(): void;
}

/** How far a destination is with one move. */
export type DestinationState =
  | { readonly kind: 'empty' }
  /** Events, targets or anything else are there, which no move brought. */
  | { readonly kind: 'used'; readonly by: string }
  /** Another move has begun, and is not ended. */
  | { readonly kind: 'other'; readonly from: string }
  | { readonly kind: 'begun' | 'live' };

/** A journal that is filled. Until it is live, no program but this one works with it. */
export interface JournalDestination {
  readonly shown: string;
  /** In the order in which they can be filled. */
  readonly tables: readonly TransferTable[];
  /** The identity of the journal that is there; undefined where there is none. */
  identity(): Promise<string | undefined>;
  /** Makes the tables where there are none. Resolves with the identity of the journal. */
  prepare(): Promise<string>;
  state(id: string | undefined): Promise<DestinationState>;
  /** Marks it as being filled from `from`, if it is empty still. */
  begin(id: string, from: string): Promise<DestinationState>;
  progress(): Promise<ReadonlyMap<string, TableProgress>>;
  /** A row as it is stored there: text may not hold everything that it does elsewhere. */
  storable(row: TransferRow): TransferRow;
  /** Adds rows and says how far the table is, in one transaction. */
  put(table: TransferTable, rows: readonly TransferRow[], now: TableProgress): Promise<void>;
  /** Count and digest of what is there. */
  digest(table: TransferTable): Promise<Pick<TableProgress, 'rows' | 'digest'>>;
  /** The next ids follow the highest ones of the source. */
  continueIds(highest: ReadonlyMap<string, number>): Promise<void>;
  /** Every check of what is there, though nobody may work with it yet. */
  verify(request: VerifyRequest, control: JobControl): Promise<Verified>;
  /** Everybody may work with it from here on. */
  goLive(): Promise<void>;
  /** Forgets that it was filled. */
  forget(): Promise<void>;
  /** Removes what a move that is not finished has brought, with its tables. */
  discard(id: string): Promise<void>;
  close(): Promise<void>;
}
