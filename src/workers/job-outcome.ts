import { isRedrainError } from '../base/error.js';
import { EXIT, type ExitCode, worstOf } from '../base/exit-codes.js';
import type { DrainDocument } from '../dispatch/drain-report.js';
import { DelayedError, RetryAtError, UnrecoverableError } from '../queue/errors.js';
import { WithWarning } from '../queue/ports.js';

/** Done, and not all that the job carried could be used: the command would have exited with this code. */
export class WarnedResult extends WithWarning {
  constructor(
    returnvalue: unknown,
    cause: string,
    message: string,
    readonly exitCode: ExitCode,
  ) {
    super(returnvalue, { cause, message });
  }
}

/** Not done, and another attempt would find the same: the job stays, with its result, to be looked at. */
export class RefusedJobError extends UnrecoverableError {
  constructor(
    reason: string,
    result: unknown,
    override readonly exitCode: ExitCode,
  ) {
    super(reason, result);
  }
}

/** A job has no command line: what is wrong usage there is unexpected here, and a busy journal blocks it. */
const OF_A_JOB: { readonly [K in ExitCode]?: ExitCode } = {
  [EXIT.usage]: EXIT.internal,
  [EXIT.interrupted]: EXIT.blocked,
};

/** What came of a job, as the exit code of a command that did the same. */
export function exitCodeOf(ended: unknown): ExitCode {
  if (ended instanceof WarnedResult) return ended.exitCode;
  if (!(ended instanceof Error) || ended instanceof DelayedError) return EXIT.done;
  if (ended instanceof RetryAtError) return EXIT.failures;
  if (!isRedrainError(ended)) return EXIT.internal;
  return OF_A_JOB[ended.exitCode] ?? ended.exitCode;
}

/** A drain that ended with something to say: closed gates, refused events. */
export function drainResult(report: DrainDocument): DrainDocument | WarnedResult {
  const { blocked_reason: blocked, posts, rejected, terminal_failed: terminal } = report;
  const refused = rejected + terminal;
  const codes: ExitCode[] = [];
  if (blocked !== null && (posts === 0 || refused === 0)) codes.push(EXIT.blocked);
  if (refused > 0) codes.push(EXIT.failures);
  if (codes.length === 0) return report;
  const cause = blocked ?? (terminal > 0 ? 'terminal' : 'rejected');
  return new WarnedResult(report, cause, drainWarning(report), worstOf(codes));
}

function drainWarning({ rejected, terminal_failed, message, failures, ...rest }: DrainDocument) {
  const parts: string[] = [];
  if (rest.blocked_reason !== null) parts.push(message ?? `blocked: ${rest.blocked_reason}`);
  if (rejected > 0) parts.push(`${rejected} rejected`);
  if (terminal_failed > 0) parts.push(`${terminal_failed} failed for good`);
  const last = failures.findLast(({ outcome }) => outcome !== 'transient');
  return [parts.join(', '), last?.reason].filter(Boolean).join(': ');
}
