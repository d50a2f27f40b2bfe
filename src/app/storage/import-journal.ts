import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RedrainError } from '../../base/error.js';
import { EXIT } from '../../base/exit-codes.js';
import { step } from '../../base/steps.js';
import { DEFAULT_SETTINGS } from '../../config/settings.js';
import { OsLock } from '../../files/os-lock.js';
import { StorageUnavailableError } from '../../files/storage-errors.js';
import type { JobControl } from '../../retention/job-control.js';
import { assertAllKnown, compareTables, copyTables } from '../../transfer/copy.js';
import type {
  DestinationState,
  JournalDestination,
  JournalSource,
  MoveMark,
} from '../../transfer/ports.js';
import type { App } from '../app.js';
import { liveWorkers } from '../jobs/live-workers.js';
import { openQueuesToRead } from '../jobs/open-queues.js';
import { reportOf, type VerifyReport } from '../verify.js';
import { noteFile } from './choose.js';
import { openDestination, postgresEngine } from './postgres.js';
import { openSource, sqliteEngine } from './sqlite.js';

/** What a move came to. */
export interface ImportReport {
  /** `moved` now or by an earlier run; `interrupted`: the next run goes on. */
  readonly state: 'moved' | 'moved before' | 'interrupted';
  readonly source: string;
  readonly destination: string;
  /** Rows that were copied, by table. */
  readonly tables: Readonly<Record<string, number>>;
  /** What `verify` says of the destination. */
  readonly verdict: string | null;
  /** Events that were captured meanwhile, and taken in. */
  readonly spooled: number;
}

/** Something is in the way of a move; nothing was changed. */
export class ImportRefusedError extends RedrainError {
  override readonly name = 'ImportRefusedError';
  readonly code = 'IMPORT_REFUSED';
  override readonly exitCode = EXIT.badInput;
}

/** What was read, or what was written, is not what it should be. */
export class ImportUnverifiedError extends RedrainError {
  override readonly name = 'ImportUnverifiedError';
  readonly code = 'IMPORT_UNVERIFIED';
  override readonly exitCode = EXIT.checkFailed;
}

/**
 * Moves the journal of the home, a file, to the PostgreSQL database at `address`. While it is
 * copied every capture goes to the spool; what is there is taken in at the end. Killed at any
 * moment, the next run goes on. The file keeps everything it had, and says where it went.
 *
 * @throws ImportRefusedError, ImportUnverifiedError, CopyDiffersError, UnknownTablesError, and
 * what opening either engine throws.
 */
export async function importJournal(
  app: App,
  address: string,
  control: JobControl,
): Promise<ImportReport> {
  return alone(app, async (source) => {
    const destination = await openDestination(address, app.env);
    try {
      return await move(app, source, destination, address, control);
    } finally {
      await destination.close();
    }
  });
}

/**
 * Undoes an unfinished move: the journal is in its file again, as it was, and what was copied
 * is removed from the destination if that can be reached.
 */
export async function cancelImport(
  app: App,
  address: string,
): Promise<{ readonly source: string; readonly left: string | null }> {
  return alone(app, async (source) => {
    const { mark } = source;
    if (mark === undefined)
      throw new ImportRefusedError(
        `${source.shown} is not being imported: there is nothing to cancel`,
      );
    if (mark.state === 'finished')
      throw new ImportRefusedError(
        `${source.shown} was moved to the ${mark.place} completely, and events may be there that are not here: nothing was changed`,
      );
    const left = await discarded(app, address, source.shown, mark);
    step('import.discarded');
    source.release();
    step('import.released');
    return { source: source.shown, left };
  });
}

/** Removes what was copied; resolves with where it still is when that cannot be reached. */
async function discarded(
  app: App,
  address: string,
  shown: string,
  mark: MoveMark,
): Promise<string | null> {
  let destination: JournalDestination;
  try {
    destination = await openDestination(address, app.env);
  } catch (error) {
    if (mark.state === 'complete' || !(error instanceof StorageUnavailableError)) throw error;
    return mark.place;
  }
  try {
    const state = await destination.state(mark.id);
    if (state.kind === 'live')
      throw new ImportRefusedError(
        `everything of ${shown} is in the ${destination.shown}, where it may be in use`,
        { advice: '`redrain storage import` finishes the move' },
      );
    if (state.kind === 'begun') {
      await destination.discard(mark.id);
      return null;
    }
    const isItsPlace = (await destination.identity()) === mark.journal;
    if (mark.state === 'complete') await assertSame(mark, shown, destination);
    return isItsPlace ? null : mark.place;
  } finally {
    await destination.close();
  }
}

/** Opens the file, one command at a time. */
async function alone<T>(app: App, work: (source: JournalSource) => Promise<T>): Promise<T> {
  const { journalDb, locksDir } = app.paths;
  if (!existsSync(journalDb))
    throw new ImportRefusedError(`the home ${app.paths.home} has no journal to import`, {
      advice: '`redrain storage init` creates an empty one in PostgreSQL',
    });
  const lock = OsLock.tryAcquire(join(locksDir, 'import.lock'));
  if (lock === undefined)
    throw new ImportRefusedError(`another command imports ${journalDb} at this moment`);
  try {
    const source = await openSource(journalDb, DEFAULT_SETTINGS.capture.busyTimeoutMs);
    try {
      return await work(source);
    } finally {
      source.close();
    }
  } finally {
    lock.release();
  }
}

async function move(
  app: App,
  source: JournalSource,
  destination: JournalDestination,
  address: string,
  control: JobControl,
): Promise<ImportReport> {
  const report = { source: source.shown, destination: destination.shown };
  const before = source.mark;
  if (before?.state === 'finished') {
    await assertSame(before, source.shown, destination);
    await forgetIfOurs(destination, before);
    const spooled = await takeIn(app, address);
    return { state: 'moved before', ...report, tables: {}, verdict: null, spooled };
  }
  assertAllKnown(source, destination);
  const marked = await begun(app, source, destination, control);
  if (marked === undefined)
    return { state: 'interrupted', ...report, tables: {}, verdict: null, spooled: 0 };
  const { mark, state } = marked;
  // Complete, and not marked as such there: somebody removed what said so.
  const isThere = state.kind === 'live' || (mark.state === 'complete' && state.kind === 'used');
  let verdict: string | null = null;
  let tables: Record<string, number> = {};
  if (!isThere) {
    const copied = await copyTables(source, destination, control);
    if (copied === undefined)
      return { state: 'interrupted', ...report, tables: {}, verdict: null, spooled: 0 };
    tables = Object.fromEntries(copied);
    await destination.continueIds(highestIds(source, destination));
    step('import.copied');
    await compareTables(source, destination);
    step('import.compared');
    verdict = (await verified(app, destination, control.signal)).verdict;
    step('import.verified');
    source.note('complete');
    step('import.complete');
    await destination.goLive();
    step('import.live');
  }
  source.note('finished');
  step('import.finished');
  await destination.forget();
  step('import.forgotten');
  return { state: 'moved', ...report, tables, verdict, spooled: await takeIn(app, address) };
}

interface Begun {
  readonly mark: MoveMark;
  readonly state: DestinationState;
}

/**
 * Looks at everything that could be in the way, and marks both sides; undefined where the
 * signal came first. The source is frozen last, so that at no moment both are in use.
 */
async function begun(
  app: App,
  source: JournalSource,
  destination: JournalDestination,
  control: JobControl,
): Promise<Begun | undefined> {
  const { mark } = source;
  if (mark !== undefined && mark.state !== 'planned')
    return { mark, state: await beginning(app, source, destination, mark) };
  await assertNoWorkers(app);
  assertFree(destination, await destination.state(mark?.id));
  await assertSound(app, control);
  if (control.signal.aborted) return undefined;
  const release = await allLocks(app);
  try {
    const plan = mark ?? (await planned(source, destination));
    const state = await beginning(app, source, destination, plan);
    step('import.locked');
    await source.freeze();
    step('import.frozen');
    return { mark: plan, state };
  } finally {
    release();
  }
}

async function planned(source: JournalSource, destination: JournalDestination): Promise<MoveMark> {
  const journal = await destination.prepare();
  const mark: MoveMark = { id: randomUUID(), place: destination.shown, journal, state: 'planned' };
  await source.plan(mark);
  step('import.planned');
  return mark;
}

/** @throws ImportRefusedError where the destination is not what was marked, or not free. */
async function beginning(
  { paths }: App,
  source: JournalSource,
  destination: JournalDestination,
  mark: MoveMark,
): Promise<DestinationState> {
  await assertSame(mark, source.shown, destination);
  const state = await destination.begin(mark.id, `${hostname()}:${paths.home}`);
  step('import.begun');
  // Of a complete one, somebody removed what said so: it is in use.
  if (mark.state === 'complete') return state;
  if (state.kind === 'used' || state.kind === 'other') {
    // Somebody was faster, between the look before and this one: nothing is there of ours.
    source.release();
    assertFree(destination, state);
  }
  return state;
}

/** @throws ImportRefusedError where the mark names another journal. */
async function assertSame(
  mark: MoveMark,
  shown: string,
  destination: JournalDestination,
): Promise<void> {
  if ((await destination.identity()) === mark.journal) return;
  const what = mark.state === 'finished' ? 'was moved to' : 'is being imported into';
  throw new ImportRefusedError(
    `${shown} ${what} the ${mark.place}, and what is in the ${destination.shown} is not that journal: name the first one`,
  );
}

/** @throws ImportRefusedError. */
function assertFree({ shown }: JournalDestination, state: DestinationState): void {
  if (state.kind === 'used')
    throw new ImportRefusedError(
      `the ${shown} has a journal already (${state.by}), and two cannot become one: name another database, or another schema with ?schema=NAME. A home that sends to a hub keeps its own journal: docs/scale-out.md`,
    );
  if (state.kind === 'other')
    throw new ImportRefusedError(
      `the ${shown} is being filled from ${state.from}, and not finished`,
      {
        advice:
          'run `redrain storage import` there, or `redrain storage import --cancel`, or name another database or schema',
      },
    );
}

/** @throws ImportRefusedError with the workers of this machine that run. */
async function assertNoWorkers(app: App): Promise<void> {
  const queues = await openQueuesToRead(app);
  if (queues === undefined) return;
  try {
    const workers = (await liveWorkers(queues, app.now())).filter(
      ({ host }) => host === hostname(),
    );
    if (workers.length === 0) return;
    const names = workers.map(({ kind, pid }) => `${kind} (process ${pid})`).join(', ');
    throw new ImportRefusedError(
      `workers of this home run: ${names}. Stop them, and start them again with the new storage URL afterwards. Captures may go on: they wait in the spool meanwhile`,
    );
  } finally {
    await queues.close();
  }
}

/** What is wrong would be copied. @throws ImportUnverifiedError. */
async function assertSound(app: App, control: JobControl): Promise<void> {
  const { journalDb, spoolDir, archiveDir } = app.paths;
  // Opened for writing once, as an older schema is brought up to date by that.
  const stores = await sqliteEngine(journalDb, () => app.random()).open({});
  try {
    const verified = await stores.verification.verify({ spoolDir, archiveDir }, control);
    const { ok, verdict } = reportOf(verified, false, control);
    if (!ok)
      throw new ImportUnverifiedError(
        `the journal is not sound, and what is wrong would be copied; nothing was changed. ${verdict}`,
        { advice: '`redrain verify --verbose` shows all of it' },
      );
  } finally {
    await stores.close();
  }
}

/** Drains and commands that delete or restore bytes have ended, and none begins. @throws ImportRefusedError. */
async function allLocks(app: App): Promise<() => void> {
  const { journalDb, locksDir } = app.paths;
  const held: OsLock[] = [];
  const release = (): void => {
    for (const lock of held) lock.release();
  };
  const take = (file: string, what: string): void => {
    const lock = OsLock.tryAcquire(join(locksDir, file));
    if (lock === undefined) {
      release();
      throw new ImportRefusedError(`${what}: wait for it to end, or stop it. Nothing was changed`);
    }
    held.push(lock);
  };
  const stores = await sqliteEngine(journalDb, () => app.random()).openToRead();
  try {
    take('retention.lock', 'a command deletes or restores payload bytes at this moment');
    for (const { id, name } of (await stores?.targets.list()) ?? [])
      take(`target-${id}.lock`, `the target ${name ?? id} is being drained`);
  } finally {
    await stores?.close();
  }
  return release;
}

/** @throws ImportUnverifiedError. */
async function verified(
  app: App,
  destination: JournalDestination,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const { spoolDir, archiveDir } = app.paths;
  const control = { signal, progress: () => undefined };
  const report = reportOf(
    await destination.verify({ spoolDir, archiveDir }, control),
    false,
    control,
  );
  if (report.ok) return report;
  throw new ImportUnverifiedError(
    `the ${destination.shown} does not pass verification, and nothing was switched. ${report.verdict}`,
    { advice: '`redrain storage import --cancel` removes what was copied' },
  );
}

function highestIds(source: JournalSource, { tables }: JournalDestination): Map<string, number> {
  const named = tables.filter(({ hasIds }) => hasIds);
  return new Map(named.map(({ name }) => [name, source.highestId(name)]));
}

async function forgetIfOurs(destination: JournalDestination, { id }: MoveMark): Promise<void> {
  if ((await destination.state(id)).kind === 'live') await destination.forget();
}

/** What was captured meanwhile. The next capture would take it in, too. */
async function takeIn(app: App, address: string): Promise<number> {
  const stores = await (await postgresEngine(address, app, noteFile(app))).open({});
  try {
    if (!app.spool.mayHaveFiles()) return 0;
    const files = await app.spool.ingest(stores.journal);
    return files.reduce((sum, { events }) => sum + events.length, 0);
  } finally {
    await stores.close();
  }
}
