import type { App } from './app.js';
import type { Finding } from './doctor/finding.js';
import { examineHome } from './doctor/home.js';
import { examineJournal } from './doctor/journal.js';
import { examineRuntime } from './doctor/runtime.js';
import { examineWayOut } from './doctor/way-out.js';
import type { AskHttp } from './reach.js';
import type { ReadinessReport } from './readiness.js';

/** What is wrong, each with the command that mends it. */
export interface DoctorReport {
  /** False when any check found a problem; warnings fail nothing. */
  readonly ok: boolean;
  readonly readiness: ReadinessReport;
  readonly checks: readonly Finding[];
}

/** Looks at everything a drain rests on. Asks the target once; changes nothing, creates nothing. */
export async function examine(app: App, ask?: AskHttp): Promise<DoctorReport> {
  const situation = await app.situation();
  const { readiness, findings } = await examineWayOut(app, situation, ask);
  const checks = [
    ...examineRuntime(),
    ...examineHome(app),
    ...findings,
    ...(await examineJournal(app)),
  ];
  return { ok: checks.every(({ status }) => status !== 'problem'), readiness, checks };
}
