import type { TargetGap } from '../app/undelivered.js';
import { EXIT, type ExitCode, worstOf } from '../base/exit-codes.js';
import { grouped } from '../base/grouped.js';
import type { DrainReport } from '../dispatch/drain-report.js';
import { causesText } from '../reports/findings/cause-text.js';
import type { CountedCause } from '../reports/ledger-section.js';
import { isComplete, type Undelivered } from '../reports/undelivered.js';
import { goneLines } from './target-advice.js';

/** What decides between 0 and 7 beside the report. */
interface Wanted {
  /** `--wait` was given: what is pending in the end counts. */
  readonly wait?: boolean | string;
  readonly strict?: boolean;
}

/**
 * The exit code of `now` (docs/troubleshooting.md). A pass that came to an end
 * before its work was done is not a success, whatever it has sent by then.
 */
export function exitCode(
  report: DrainReport,
  gap: TargetGap | undefined,
  { wait, strict }: Wanted,
): ExitCode {
  const codes: ExitCode[] = [];
  const failed = report.rejected + report.transient + report.terminal_failed > 0;
  if (report.blocked_reason !== null && (report.posts === 0 || !failed)) codes.push(EXIT.blocked);
  if (failed || stoppedEarly(report)) codes.push(EXIT.failures);
  if (wait !== undefined && wait !== false && stillPending(report, gap)) codes.push(EXIT.failures);
  if (strict === true && gap !== undefined && !isComplete(gap.undelivered))
    codes.push(EXIT.failures);
  return worstOf(codes);
}

/** The ledger counts those of earlier drains and those a hold keeps from being asked about. */
function stillPending(report: DrainReport, gap: TargetGap | undefined): boolean {
  if (report.target_id === null) return false;
  return report.pending > 0 || (gap?.undelivered.pending ?? 0) > 0;
}

/** Something ended the pass, which says why, and left events behind. */
const stoppedEarly = ({ target_id, message, unsent }: DrainReport): boolean =>
  target_id !== null && message !== null && unsent > 0;

/** What the document of `now` says of everything the target lacks, whenever it was captured. */
export function gapFields(gap: TargetGap | undefined): {
  complete: boolean;
  undelivered: Undelivered | null;
  causes: readonly CountedCause[];
} {
  return {
    complete: gap === undefined || isComplete(gap.undelivered),
    undelivered: gap?.undelivered ?? null,
    causes: gap?.causes ?? [],
  };
}

/** What this drain could not deliver, by cause: `3,500 rejected · "type PaymentFailed refused"`. */
export function causeLines(report: DrainReport, gap: TargetGap | undefined): string[] {
  const failed = {
    rejected: report.rejected,
    transient: report.transient,
    terminal: report.terminal_failed,
  };
  return (['terminal', 'rejected', 'transient'] as const).flatMap((state) => {
    const text = gap === undefined || failed[state] === 0 ? null : causesText(gap.causes, state);
    if (text === null) return [];
    const events = gap?.undelivered[state] ?? failed[state];
    return [`${grouped(events)} ${STATES[state]} · ${text}`];
  });
}

const STATES = {
  terminal: 'failed for good',
  rejected: 'rejected',
  transient: 'to be tried again',
};

/** Why `--strict` is not content, and always what no drain can send any more. */
export function gapLines(gap: TargetGap | undefined, strict = false): string[] {
  if (gap === undefined) return [];
  const lines = goneLines(gap);
  if (!strict || isComplete(gap.undelivered)) return lines;
  const terms = Object.entries(gap.undelivered).filter(([, events]) => events > 0);
  const sum = terms.map(([term, events]) => `${grouped(events)} ${term}`).join(', ');
  return [`not complete: ${sum}`, ...lines];
}
