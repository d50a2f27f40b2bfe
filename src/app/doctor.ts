import { type App } from './app.js';
import { type Check, checkOf, fine } from './doctor/check.js';
import { examineJobQueue } from './doctor/job-queue.js';
import { examineWayOut } from './doctor/way-out.js';
import type { AskHttp } from './reach.js';
import { hostedTarget, type ReadinessReport, readinessReport } from './readiness.js';
import { reportStatus, type StatusReport } from './status.js';

/** What is wrong, each with the command that fixes it. */
export interface DoctorReport {
  /** False when any check found a problem; warnings and notices fail nothing. */
  readonly ok: boolean;
  readonly readiness: ReadinessReport;
  readonly checks: readonly Check[];
}

/**
 * Everything that `status` finds, what is well beside it, and what the target
 * says when it is asked, once. Changes nothing, creates nothing.
 */
export async function examine(app: App, ask?: AskHttp): Promise<DoctorReport> {
  const report = await reportStatus(app);
  const { situation, obstacle, around, findings } = report;
  const { verdict, checks: asked } = await examineWayOut(app, situation, obstacle, ask);
  const seen = new Set<unknown>(around);
  const checks = [
    ...around.map((one) => ('stops' in one ? checkOf(one) : one)),
    ...asked,
    ...(await examineJobQueue(app)),
    ...wellLines(report),
    ...findings.filter((finding) => !seen.has(finding)).map(checkOf),
  ];
  const ok = checks.every(({ status }) => status !== 'problem');
  return { ok, readiness: readinessReport(verdict, hostedTarget(situation)), checks };
}

/** What is said of a part of the home that nothing was found in. */
const WELL: readonly (readonly [check: string, message: string])[] = [
  ['schema', 'up to date'],
  ['counters', 'the numbers of every target add up'],
  ['leases', 'no stale lease'],
  ['spool', 'empty'],
  ['conflicts', 'no conflict waits for a decision'],
  ['old_queues', 'no event waits in an old queue'],
  ['deliveries', 'nothing was refused or failed'],
  ['jobs', 'no queue is stuck, and no job failed'],
];

/** The kinds of findings that a word of `WELL` stands for, where it is not the kind itself. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  deliveries: ['circuit', 'asked_to_wait', 'terminal', 'rejected', 'transient', 'retired'],
  jobs: ['jobs', 'paused', 'unserved', 'failed_jobs', 'warned_jobs'],
};

function wellLines({ findings, unreadable, situation }: StatusReport): Check[] {
  const found = new Set(findings.map(({ check }) => check));
  return WELL.filter(([name]) => situation.usesSpecKitty || name !== 'old_queues')
    .filter(([name]) => !(KINDS[name] ?? [name]).some((kind) => found.has(kind)))
    .filter(([name]) => unreadable.length === 0 || name === 'jobs')
    .map(([name, message]) => fine(name, message));
}
