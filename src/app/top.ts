import type { DrainBlockedReason } from '../dispatch/ports.js';
import type { Finding } from '../reports/finding.js';
import type { JobsSection } from '../reports/jobs-section.js';
import { drainText, type RunningDrain } from '../reports/running-drain.js';
import type { App } from './app.js';
import { reportStatus, type StatusReport } from './status.js';
import { summariesOf, type TargetSummary } from './targets.js';

/** What `redrain top` shows of one target. */
export interface TopTarget {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly is_current: boolean;
  /** What it does now, in a few words: `sending, 722/s, 25 s left`, `retired`, `circuit open`. */
  readonly activity: string;
  readonly delivered: number;
  /** Unsent, pending, rejected and transient, as in the list of targets. */
  readonly waiting: number;
  readonly rejected: number;
  /** Failed for good. */
  readonly terminal: number;
  /** ISO 8601; null when it was never drained. */
  readonly last_drained_at: string | null;
}

/** One look at a home: every target, worker and queue. */
export interface TopReport {
  /** ISO 8601. */
  readonly at: string;
  readonly home: string;
  /** Null while the journal cannot be read. */
  readonly retained_event_count: number | null;
  readonly journal_size_bytes: number | null;
  readonly spooled: number | null;
  readonly targets: readonly TopTarget[];
  readonly jobs: JobsSection | { readonly error: string };
  readonly findings: readonly Finding[];
}

/** One look at everything that works, and the status it comes from. Changes nothing. */
export async function readTop(app: App): Promise<{ top: TopReport; status: StatusReport }> {
  const status = await reportStatus(app);
  const { event_journal: journal, jobs } = status.document;
  const known = 'error' in journal ? undefined : journal;
  const top = {
    at: new Date(app.now()).toISOString(),
    home: app.paths.home,
    retained_event_count: known?.retained_event_count ?? null,
    journal_size_bytes: known?.journal_size_bytes ?? null,
    spooled: known?.spool.events ?? null,
    targets: topTargets(app, status),
    jobs,
    findings: status.findings,
  };
  return { top, status };
}

/** Every target of a status that was read already. */
export function topTargets(app: App, status: StatusReport): TopTarget[] {
  return summariesOf(app, status).map((target) => topTarget(target, status));
}

function topTarget(target: TargetSummary, { document, drains }: StatusReport): TopTarget {
  const { id, name, canonicalUrl, is_current, delivered, waiting, lastDrainedAt } = target;
  const { delivery_ledger: ledger } = document;
  const row =
    'error' in ledger ? undefined : ledger.per_target.find(({ target_id }) => target_id === id);
  return {
    id,
    name,
    address: canonicalUrl,
    is_current,
    activity: activityOf(target, drains.get(id), (row?.unsent ?? 0) + target.replay_marked),
    delivered,
    waiting,
    rejected: row?.rejected ?? 0,
    terminal: row?.terminal ?? 0,
    last_drained_at: lastDrainedAt === null ? null : new Date(lastDrainedAt).toISOString(),
  };
}

/** Why the last drain sent nothing, in two or three words. */
const BLOCKED: Readonly<Record<DrainBlockedReason, string>> = {
  saas_disabled: 'switched off',
  missing_auth: 'secret needed',
  missing_team: 'no team',
  private_teamspace_gate: 'refused by its gate',
  project_not_allowed: 'projects held',
  missing_project: 'project missing',
  config_unreadable: 'config unreadable',
  no_target: 'no target yet',
  delivery_off: 'mode sends nothing',
  target_retired: 'retired',
  daemon_lock: 'lock taken',
  network_unavailable: 'unreachable',
};

function activityOf(target: TargetSummary, drain: RunningDrain | undefined, left: number): string {
  const { retiredAt, circuit, blockedReason, waiting, held } = target;
  if (retiredAt !== null) return 'retired';
  if (drain !== undefined) return drainText(drain, left);
  if (circuit.state !== 'closed') return `circuit ${circuit.state.replace('_', ' ')}`;
  if (circuit.next_attempt_at !== null) return 'asked to wait';
  if (waiting > 0) return blockedReason === null ? 'waits' : BLOCKED[blockedReason];
  return held > 0 ? 'the rest is held' : 'has everything';
}
