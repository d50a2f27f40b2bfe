import { circuitIsOpen } from '../dispatch/health.js';
import { WAITS } from '../dispatch/waits.js';
import type { TargetRecord } from '../targets/registry.js';
import { causesHold, countedCauses, liveTerms, type Unfinished } from './causes.js';
import { type Counts, countsAt } from './counts.js';
import { balance, type TargetBalance } from './target-terms.js';

/** The section `delivery_ledger` of `status` (docs/status.md). */
export interface LedgerSection {
  readonly delivered_current_target: number;
  /** Deliveries, summed over the earlier targets. */
  readonly delivered_previous_target: number;
  readonly pending: number;
  readonly rejected: number;
  readonly transient: number;
  readonly per_target: readonly TargetLedger[];
}

export interface TargetLedger extends TargetBalance {
  readonly target_id: number;
  readonly canonical_url: string;
  readonly retired: boolean;
  /** Delivered ones that a replay has marked: they go out again. */
  readonly replay_marked: number;
  /** ISO 8601: the oldest unsent, pending, rejected or transient one; null when there is none. */
  readonly oldest_undelivered_at: string | null;
  readonly circuit: CircuitState;
  /** Of the terms of the same name, those that a retry may still change: no archived or redacted event. */
  readonly actionable: ActionableTerms;
  /** Why these are not delivered, most events first; at most 21 of each state. */
  readonly causes: readonly CountedCause[];
}

export interface ActionableTerms {
  readonly pending: number;
  readonly rejected: number;
  readonly transient: number;
  readonly terminal: number;
}

/** Live events of one target that are in one state for one cause. */
export interface CountedCause {
  readonly state: Unfinished;
  /** What the server or the network said, shortened; null: not recorded, or one of many. */
  readonly cause: string | null;
  readonly events: number;
}

export interface CircuitState {
  readonly state: 'closed' | 'open' | 'half_open';
  /** Batches in a row that ended transient as a whole. */
  readonly failures: number;
  /** ISO 8601: when a worker tries again. */
  readonly next_attempt_at: string | null;
}

/** What a row needs beside the counters: one row for each target, and a new number is a column of it. */
export interface TargetNumbers {
  /** Rows that the ledger has for the target. Known without any counter. */
  readonly deliveryRows: number;
  readonly replayMarked: number;
  /** Epoch milliseconds: the oldest event offered to the target and still undelivered, replays excluded. */
  readonly oldestTriedAt: number | null;
}

/** One row of the section; the target is one of those that were counted. */
export function targetLedger(counts: Counts, target: TargetRecord, now: number): TargetLedger {
  const at = countsAt(counts, target.id);
  const sum = balance(counts, at);
  return {
    target_id: target.id,
    canonical_url: target.canonicalUrl,
    retired: target.retiredAt !== null,
    ...sum,
    adds_up: sum.adds_up && causesHold(at.ledger, at.causes),
    replay_marked: at.replayMarked,
    oldest_undelivered_at: earlierOf(sum.oldest_unsent_at, at.oldestTriedAt),
    circuit: circuitState(target, now),
    actionable: liveTerms(at.ledger),
    causes: countedCauses(at.causes),
  };
}

function earlierOf(unsent: string | null, triedAt: number | null): string | null {
  if (triedAt === null) return unsent;
  const tried = new Date(triedAt).toISOString();
  return unsent === null || triedAt < Date.parse(unsent) ? tried : unsent;
}

/** The circuit of a target as people know it; `half_open` means that the next batch is a probe. */
export function circuitState(target: TargetRecord, now: number): CircuitState {
  const failures = target.circuitFailures;
  const until = Math.max(
    WAITS.standing(target.circuitOpenUntil, now) ?? 0,
    WAITS.standing(target.resumeAt, now) ?? 0,
  );
  const nextAttempt = until > 0 ? new Date(until).toISOString() : null;
  if (!circuitIsOpen({ circuitFailures: failures }))
    return { state: 'closed', failures, next_attempt_at: nextAttempt };
  return {
    state: nextAttempt === null ? 'half_open' : 'open',
    failures,
    next_attempt_at: nextAttempt,
  };
}

/** The section; `currentId` is undefined while nothing was drained to the target in force. */
export function ledgerSection(
  perTarget: readonly TargetLedger[],
  currentId: number | undefined,
): LedgerSection {
  const total = (term: 'delivered' | 'pending' | 'rejected' | 'transient', rows = perTarget) =>
    rows.reduce((sum, row) => sum + row[term], 0);
  const isCurrent = ({ target_id }: TargetLedger): boolean => target_id === currentId;
  return {
    delivered_current_target: total('delivered', perTarget.filter(isCurrent)),
    delivered_previous_target: total(
      'delivered',
      perTarget.filter((row) => !isCurrent(row)),
    ),
    pending: total('pending'),
    rejected: total('rejected'),
    transient: total('transient'),
    per_target: perTarget,
  };
}
