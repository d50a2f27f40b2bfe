import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import { grouped } from '../base/grouped.js';
import { step } from '../base/steps.js';
import { type JobControl, yieldToOthers } from '../retention/job-control.js';
import {
  type JournalDestination,
  type JournalSource,
  NOTHING_COPIED,
  type TransferTable,
} from './ports.js';
import { rowsDigest } from './row-digest.js';

/** The copy differs from what was copied. */
export class CopyDiffersError extends RedrainError {
  override readonly name = 'CopyDiffersError';
  readonly code = 'COPY_DIFFERS';
  override readonly exitCode = EXIT.checkFailed;
  constructor(shown: string, differences: readonly string[]) {
    super(`${shown}: the copy is not equal: ${differences.join('; ')}. Nothing was switched`, {
      advice: '`redrain storage import --cancel` removes it, and the journal goes on where it was',
    });
  }
}

/** The source has a table that nobody knows how to copy. */
export class UnknownTablesError extends RedrainError {
  override readonly name = 'UnknownTablesError';
  readonly code = 'TABLES_UNKNOWN';
  override readonly exitCode = EXIT.checkFailed;
  constructor(shown: string, names: readonly string[]) {
    super(
      `${shown} has tables that are not redrain's, and would be left behind: ${names.join(', ')}; remove them, or move them to a database of their own`,
    );
  }
}

/** Rows of each table that were copied. */
export type Copied = ReadonlyMap<string, number>;

/** @throws UnknownTablesError. */
export function assertAllKnown(source: JournalSource, { tables }: JournalDestination): void {
  const known = new Set(tables.map(({ name }) => name));
  const unknown = source.tables().filter((name) => !known.has(name));
  if (unknown.length > 0) throw new UnknownTablesError(source.shown, unknown);
}

/**
 * Copies every table, page by page; each page is one transaction that also says how far
 * it is, so that a copy which was killed goes on behind its last page. Returns undefined
 * where the signal ended it.
 */
export async function copyTables(
  source: JournalSource,
  destination: JournalDestination,
  { signal, progress }: JobControl,
): Promise<Copied | undefined> {
  const before = await destination.progress();
  const totals = destination.tables.map((table) => source.count(table));
  const total = totals.reduce((sum, rows) => sum + rows, 0);
  const copied = new Map<string, number>();
  let done = [...before.values()].reduce((sum, { rows }) => sum + rows, 0);
  for (const table of destination.tables) {
    let now = before.get(table.name) ?? NOTHING_COPIED;
    while (!now.isDone) {
      if (signal.aborted) return undefined;
      const page = source.page(table, now.last);
      const rows = (page?.rows ?? []).map((row) => destination.storable(row));
      now = {
        rows: now.rows + rows.length,
        digest: now.digest + rowsDigest(table.columns, rows),
        last: page?.last ?? now.last,
        isDone: page === undefined,
      };
      await destination.put(table, rows, now);
      step('import.page');
      done += rows.length;
      progress(done, total);
      await yieldToOthers();
    }
    copied.set(table.name, now.rows);
  }
  return copied;
}

/** @throws CopyDiffersError where a table is not what was read. */
export async function compareTables(
  source: JournalSource,
  destination: JournalDestination,
): Promise<void> {
  const wanted = await destination.progress();
  const differences: string[] = [];
  for (const table of destination.tables) {
    const difference = await differenceOf(table);
    if (difference !== undefined) differences.push(difference);
  }
  if (differences.length > 0) throw new CopyDiffersError(destination.shown, differences);

  async function differenceOf(table: TransferTable): Promise<string | undefined> {
    const { rows, digest } = wanted.get(table.name) ?? NOTHING_COPIED;
    const there = source.count(table);
    const found = await destination.digest(table);
    if (there !== rows || found.rows !== rows)
      return `${table.name} has ${grouped(found.rows)} of ${grouped(there)} rows`;
    return found.digest === digest ? undefined : `rows of ${table.name} have other values`;
  }
}
