import { wholeText } from '../base/advice.js';
import type {
  AnswerWarning,
  DrainBlockedReason,
  Outcome,
  ResetSignalRecord,
  Settlement,
} from './ports.js';

/** How many failures a report names one by one; the counts are always whole. */
const MAX_NAMED_FAILURES = 100;
/** Kinds of odd answers; there are few. */
const MAX_WARNINGS = 20;

export interface DrainFailure {
  readonly event_id: string;
  readonly outcome: Outcome['kind'];
  readonly reason: string;
}

/** What one drain did: the document of `redrain now --json`, which has message and advice as one text. */
export interface DrainReport {
  target_id: number | null;
  target_name: string | null;
  target_url: string | null;
  selected: number;
  delivered: number;
  duplicate: number;
  pending: number;
  rejected: number;
  transient: number;
  terminal_failed: number;
  held: number;
  /** Never sent there, by the target's own `types` or `from`. */
  excluded: number;
  unsent: number;
  posts: number;
  duration_ms: number;
  blocked_reason: DrainBlockedReason | null;
  /** What stands in the way or ended the pass early, for a person. */
  message: string | null;
  /** What to type next, where the message is about something that a command ends. */
  advice: string | null;
  /** Events a crash had left in flight and this drain took up again. */
  recovered: number;
  /** True when a signal ended the drain before its work was done. */
  interrupted: boolean;
  /** The server may no longer be the one that took earlier deliveries. */
  reset_signal: ResetSignalRecord | null;
  failures: DrainFailure[];
  /** What answers said that changed no outcome; equal ones are added up. */
  warnings: AnswerWarning[];
}

/** A report of a drain that did nothing yet. */
export function emptyReport(
  target: { id: number; name?: string; url: string } | null,
): DrainReport {
  return {
    target_id: target?.id ?? null,
    target_name: target?.name ?? null,
    target_url: target?.url ?? null,
    selected: 0,
    delivered: 0,
    duplicate: 0,
    pending: 0,
    rejected: 0,
    transient: 0,
    terminal_failed: 0,
    held: 0,
    excluded: 0,
    unsent: 0,
    posts: 0,
    duration_ms: 0,
    blocked_reason: null,
    message: null,
    advice: null,
    recovered: 0,
    interrupted: false,
    reset_signal: null,
    failures: [],
    warnings: [],
  };
}

/** What a person reads of the message; null where there is none. */
export const messageText = ({ message, advice }: DrainReport): string | null =>
  message === null ? null : wholeText({ message, advice: advice ?? undefined });

/** A report whose message holds the advice, too. */
export type DrainDocument = Omit<DrainReport, 'advice'>;

/** The report as commands and jobs give it out: message and advice are one text. */
export function documentOf(report: DrainReport): DrainDocument {
  const { advice: _advice, ...document } = report;
  return { ...document, message: messageText(report) };
}

/** Adds recorded verdicts to the counts. */
export function countSettlements(report: DrainReport, settlements: readonly Settlement[]): void {
  for (const { event, outcome } of settlements) {
    report[COUNTED_AS[outcome.kind]] += 1;
    if ('reason' in outcome && report.failures.length < MAX_NAMED_FAILURES)
      report.failures.push({
        event_id: event.eventId,
        outcome: outcome.kind,
        reason: outcome.reason,
      });
  }
}

/** Adds warnings of one more answer: each message is kept once, with its count. */
export function addWarnings(report: DrainReport, warnings: readonly AnswerWarning[]): void {
  for (const { message, count } of warnings) {
    const at = report.warnings.findIndex((known) => known.message === message);
    const known = report.warnings[at];
    if (known !== undefined) report.warnings[at] = { message, count: known.count + count };
    else if (report.warnings.length < MAX_WARNINGS) report.warnings.push({ message, count });
  }
}

const COUNTED_AS = {
  success: 'delivered',
  duplicate: 'duplicate',
  pending: 'pending',
  rejected: 'rejected',
  transient: 'transient',
  terminal_failed: 'terminal_failed',
} as const satisfies Record<Outcome['kind'], keyof DrainReport>;

const SUMMED = [
  'selected',
  'delivered',
  'duplicate',
  'rejected',
  'transient',
  'terminal_failed',
  'posts',
  'duration_ms',
  'recovered',
] as const satisfies (keyof DrainReport)[];

/** Two passes of one command as one report: what happened adds up, what is left is the later word. */
export function addReports(earlier: DrainReport, later: DrainReport): DrainReport {
  const sum = {
    ...later,
    failures: [...earlier.failures, ...later.failures],
    warnings: [...earlier.warnings],
  };
  addWarnings(sum, later.warnings);
  for (const field of SUMMED) sum[field] = earlier[field] + later[field];
  // What could not be asked about is as it was.
  if (later.blocked_reason !== null && later.posts === 0) sum.pending = earlier.pending;
  return sum;
}
