import type { Outcome } from '../dispatch/ports.js';
import { WAITS, type Waits } from '../dispatch/waits.js';

/** What the ledger knows of one event at one target. */
export type DeliveryStatus =
  | 'success'
  | 'duplicate'
  | 'pending'
  | 'rejected'
  | 'failed_transient'
  | 'terminal_failed'
  /** Never sent: this target has, or may have, an earlier revision of the event. */
  | 'withheld';

/** One ledger row. Times in epoch milliseconds. */
export interface DeliveryState {
  readonly status: DeliveryStatus;
  readonly attemptCount: number;
  readonly rejectionCount: number;
  readonly firstAttemptedAt: number | null;
  readonly lastAttemptedAt: number | null;
  readonly acceptedAt: number | null;
  readonly completedAt: number | null;
  /** When it may be selected again; null when it may not. */
  readonly nextAttemptAt: number | null;
  readonly serverDrainState: string | null;
  readonly lastHttpStatus: number | null;
  readonly lastError: string | null;
  readonly lastResponseJson: string | null;
  readonly deploymentRef: number | null;
  readonly generation: number;
}

/** The circumstances of one verdict. */
export interface Verdict {
  readonly outcome: Outcome;
  /** Epoch milliseconds. */
  readonly now: number;
  /** When the post began, where that was long ago; `now` when absent. */
  readonly attemptedAt?: number | undefined;
  /** False when the event was judged without being posted. */
  readonly posted: boolean;
  readonly dueNow: boolean;
  readonly httpStatus: number | null;
  readonly deploymentRef: number | null;
  /** Uniform in [0, 1): the jitter of the backoff. */
  random(): number;
  /** Those in force when absent. */
  readonly waits?: Waits;
}

export function isDelivered(status: DeliveryStatus): boolean {
  return status === 'success' || status === 'duplicate';
}

/** The row a replay starts from: a new generation, with the old one left to the history. */
export function nextGeneration(before: DeliveryState): DeliveryState {
  return { ...NEVER_ATTEMPTED, generation: before.generation + 1 };
}

/** The one owner of delivery states: docs/architecture.md draws what this decides. */
export function transition(before: DeliveryState | undefined, verdict: Verdict): DeliveryState {
  const from = before ?? NEVER_ATTEMPTED;
  if (before !== undefined && isDelivered(before.status)) return before; // success never regresses
  const { outcome, now } = verdict;
  const attempted = { ...from, ...attempt(from, verdict) };
  switch (outcome.kind) {
    case 'success':
    case 'duplicate':
      return accepted(attempted, verdict, {
        status: outcome.kind,
        completedAt: now,
        nextAttemptAt: null,
        serverDrainState: null,
        lastError: null,
      });
    case 'pending':
      return accepted(attempted, verdict, {
        status: 'pending',
        nextAttemptAt: retryAt(attempted.attemptCount, verdict),
        serverDrainState: outcome.serverState,
        lastError: null,
      });
    case 'rejected': {
      const rejectionCount = from.rejectionCount + 1;
      const nextAttemptAt = retryAt(rejectionCount, verdict);
      const lastError = outcome.reason;
      return { ...attempted, status: 'rejected', rejectionCount, nextAttemptAt, lastError };
    }
    case 'transient': {
      const nextAttemptAt = retryAt(attempted.attemptCount, verdict);
      return { ...attempted, status: 'failed_transient', nextAttemptAt, lastError: outcome.reason };
    }
    case 'terminal_failed':
      return {
        ...attempted,
        status: 'terminal_failed',
        completedAt: now,
        nextAttemptAt: null,
        lastError: outcome.reason,
      };
  }
}

export const NEVER_ATTEMPTED: DeliveryState = {
  status: 'failed_transient',
  attemptCount: 0,
  rejectionCount: 0,
  firstAttemptedAt: null,
  lastAttemptedAt: null,
  acceptedAt: null,
  completedAt: null,
  nextAttemptAt: null,
  serverDrainState: null,
  lastHttpStatus: null,
  lastError: null,
  lastResponseJson: null,
  deploymentRef: null,
  generation: 1,
};

function attempt(from: DeliveryState, verdict: Verdict): Partial<DeliveryState> {
  if (!verdict.posted) return {};
  const at = verdict.attemptedAt ?? verdict.now;
  return {
    attemptCount: from.attemptCount + 1,
    firstAttemptedAt: from.firstAttemptedAt ?? at,
    lastAttemptedAt: at,
    lastHttpStatus: verdict.httpStatus,
    lastResponseJson: verdict.outcome.response ?? null,
  };
}

/** The server has the event: the moment and the deployment of the first acceptance stay. */
function accepted(
  attempted: DeliveryState,
  verdict: Verdict,
  change: Partial<DeliveryState>,
): DeliveryState {
  const first = attempted.acceptedAt === null;
  return {
    ...attempted,
    acceptedAt: first ? verdict.now : attempted.acceptedAt,
    deploymentRef: first ? verdict.deploymentRef : attempted.deploymentRef,
    ...change,
  };
}

function retryAt(tries: number, verdict: Verdict): number {
  const { dueNow, now, random, waits = WAITS } = verdict;
  return dueNow ? now : now + waits.backoffMs(tries, random);
}
