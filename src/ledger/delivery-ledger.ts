import { RedrainError } from '../base/error.js';
import type { DeliveryLedger, Permission } from '../dispatch/ports.js';

/** The error of a post whose sender died: it is dated by its start, and lasts until it was found. */
export const INTERRUPTED = 'interrupted before its result was recorded: it may have arrived';

/** One line of the dispatch log, as a worker's own log and metrics want it. */
export interface LoggedPost {
  /** Ascending in the order of recording. */
  readonly id: number;
  readonly passNo: number;
  readonly durationMs: number;
  readonly events: number;
  /** Several of one event each are logged together. */
  readonly requests: number;
  /** Null when no answer arrived. */
  readonly httpStatus: number | null;
  readonly bytesSent: number;
  /** Free of secrets, as everything a receiver reports. */
  readonly error: string | null;
}

/** What a drain of one target would find to do. */
export interface WorkDue {
  /** Events that are permitted and were never attempted. */
  readonly hasUnsent: boolean;
  /** When the first permitted retry is due, in epoch milliseconds; null when there is none. */
  readonly nextRetryAt: number | null;
  /** Something is in flight: a drain runs now, or one was killed. */
  readonly inFlight: boolean;
}

/** The delivery ledger as a whole: what a drain uses, and what a worker reads before and after it. */
export interface LedgerStore extends DeliveryLedger {
  /**
   * What a drain would find to do. An unknown target owes every event.
   * Cheap while nothing has changed, so that a worker can ask every second.
   */
  workDue(targetId: number, heldBy: Permission): Promise<WorkDue>;
  /** The id of the newest post to a target; 0 before the first. */
  lastPost(targetId: number): Promise<number>;
  /** Posts to a target with a greater id, in order. */
  postsSince(targetId: number, id: number): Promise<LoggedPost[]>;
}

/** The lease has moved on: another process drains this target now. */
export class LostLeaseError extends RedrainError {
  override readonly name = 'LostLeaseError';
  readonly code = 'LEASE_LOST';
  constructor(
    readonly targetId: number,
    readonly target: string,
  ) {
    super(`${target} is drained by another process now; this one stops`);
  }
}
