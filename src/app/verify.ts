import { ArchiveDirectory } from '../retention/archive-directory.js';
import type { Course } from '../retention/collecting.js';
import type { Finding } from '../retention/verification/finding.js';
import { checkCounters, mendCounters } from '../retention/verification/ledger-checks.js';
import { verifyAll } from '../retention/verification/verify.js';
import { StorageUnavailableError } from '../storage/errors.js';
import type { App } from './app.js';
import type { Stores } from './stores.js';

export interface VerifyReport {
  readonly ok: boolean;
  /** One line: whether the ledger can be believed. */
  readonly verdict: string;
  readonly checks: readonly Finding[];
  /** True when counters were mended before the checks. */
  readonly repaired: boolean;
}

/** Every check of SPEC section 9. Changes nothing. */
export async function verify(app: App, course: Course): Promise<VerifyReport> {
  return reportOf(await checksOf(app, course), false, course);
}

/**
 * Mends counters, and nothing else, when they differ from a recount; then
 * checks everything.
 */
export async function verifyAndRepair(app: App, course: Course): Promise<VerifyReport> {
  const wrong = onStores(app, (stores) => !checkCounters(stores.db).ok) ?? false;
  if (wrong) await mendCounters((await app.stores()).db);
  return reportOf(await checksOf(app, course), wrong, course);
}

async function checksOf(app: App, course: Course): Promise<Finding[]> {
  const directory = new ArchiveDirectory(app.paths.archiveDir);
  let stores: Stores | undefined;
  try {
    stores = app.readStores();
    if (stores === undefined) return [];
    return await verifyAll({ db: stores.db, spool: app.spool, directory }, course);
  } catch (error) {
    if (!(error instanceof StorageUnavailableError) || error.trouble !== 'corrupt') throw error;
    const { message } = error;
    return [{ name: 'integrity', ok: false, count: 1, problems: [message], notes: [] }];
  } finally {
    stores?.db.close();
  }
}

function onStores<T>(app: App, work: (stores: Stores) => T): T | undefined {
  const stores = app.readStores();
  if (stores === undefined) return undefined;
  try {
    return work(stores);
  } finally {
    stores.db.close();
  }
}

function reportOf(checks: readonly Finding[], repaired: boolean, course: Course): VerifyReport {
  const failed = checks.filter(({ ok }) => !ok);
  const whole = !course.signal.aborted;
  return { ok: failed.length === 0, verdict: verdictOf(checks, failed, whole), checks, repaired };
}

function verdictOf(checks: readonly Finding[], failed: readonly Finding[], whole: boolean): string {
  if (checks.length === 0) return 'There is no journal yet: nothing to verify.';
  if (failed.length === 0 && !whole) return 'Interrupted: what was looked at holds.';
  if (failed.length === 0) return `The ledger can be believed: ${checks.length} checks hold.`;
  const names = failed.map(({ name, count }) => `${name} (${count})`).join(', ');
  const first = failed[0]?.problems[0] ?? '';
  const counters = failed.every(({ name }) => name === 'counters');
  const way = counters ? '; `redrain verify --repair` mends counters' : '';
  return `The ledger cannot be believed: ${names}: ${first}${way}`;
}
