import { grouped } from '../base/grouped.js';
import { visible } from '../base/visible.js';
import { StorageUnavailableError } from '../files/storage-errors.js';
import type { JobControl } from '../retention/job-control.js';
import { type Finding, NOTHING_VERIFIED, type Verified } from '../retention/verification.js';
import type { App } from './app.js';

export interface VerifyReport {
  readonly ok: boolean;
  /** One line: whether everything is as it should be, and the first thing that is not. */
  readonly verdict: string;
  /** Events of the journal, whatever became of them. */
  readonly events: number;
  readonly checks: readonly Finding[];
  /** True when counters were recounted before the checks. */
  readonly repaired: boolean;
}

/** Runs every check, away from the event loop. Changes nothing. */
export async function verify(app: App, control: JobControl): Promise<VerifyReport> {
  return reportOf(await verifiedBy(app, control), false, control);
}

/**
 * Replaces counters, and nothing else, when they differ from a recount; then
 * runs every check.
 */
export async function verifyAndRepair(app: App, control: JobControl): Promise<VerifyReport> {
  const { checks } = await verifiedBy(app, control, ['counters']);
  const wrong = checks.some(({ name, ok }) => name === 'counters' && !ok);
  if (wrong) await app.writing(({ stores }) => stores.verification.recount());
  return reportOf(await verifiedBy(app, control), wrong, control);
}

async function verifiedBy(app: App, control: JobControl, only?: string[]): Promise<Verified> {
  const { spoolDir, archiveDir } = app.paths;
  const request = { spoolDir, archiveDir, ...(only === undefined ? {} : { only }) };
  try {
    // What keeps the file from being opened at all is told by its own error.
    return await app.readingStores(
      async (stores) => stores?.verification.verify(request, control) ?? NOTHING_VERIFIED,
    );
  } catch (error) {
    if (!(error instanceof StorageUnavailableError) || error.trouble !== 'corrupt') throw error;
    const { message } = error;
    const damage = { name: 'integrity', ok: false, count: 1, problems: [message], notes: [] };
    return { checks: [damage], events: 0 };
  }
}

/** The report that follows from what was found. */
export function reportOf(
  { checks, events }: Verified,
  repaired: boolean,
  { signal }: JobControl,
): VerifyReport {
  const failed = checks.filter(({ ok }) => !ok);
  const verdict = verdictOf(checks, failed, events, !signal.aborted);
  return { ok: failed.length === 0, verdict, events, checks, repaired };
}

function verdictOf(
  checks: readonly Finding[],
  failed: readonly Finding[],
  events: number,
  whole: boolean,
): string {
  if (checks.length === 0) return 'There is no journal yet: nothing to verify.';
  const looked = `${checks.length} checks, ${grouped(events)} events`;
  if (failed.length === 0 && !whole)
    return `Interrupted: no problem in what was checked (${looked}).`;
  if (failed.length === 0)
    return `OK: ${checks.length} checks passed, ${grouped(events)} ${events === 1 ? 'event' : 'events'}, 0 problems`;
  const names = failed.map(({ name, count }) => `${name} (${count})`).join(', ');
  const problems = failed.reduce((sum, { count }) => sum + count, 0);
  const first = failed[0]?.problems[0] ?? '';
  const counters = failed.every(({ name }) => name === 'counters');
  const way = counters ? '; `redrain verify --repair` recounts them' : '';
  return `NOT OK: ${grouped(problems)} ${problems === 1 ? 'problem' : 'problems'} in ${failed.length} of ${checks.length} checks: ${names}: ${visible(first)}${way}`;
}
