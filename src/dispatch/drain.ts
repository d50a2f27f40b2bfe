import { step } from '../base/steps.js';
import { block, DrainPass, isOfTarget } from './drain-pass.js';
import { type DrainReport, emptyReport } from './drain-report.js';
import {
  type ClosedGate,
  type DeliveryLedger,
  type DeliveryReceiver,
  DRAIN_BLOCKED_REASONS,
  type Permission,
  type PermissionNow,
  type TargetGreeting,
} from './ports.js';

/** The lock that decides who drains a target; the operating system frees it with its holder. */
export interface TargetLock {
  /** Undefined when another process holds it and `wait` is false, or the signal aborts first. */
  acquire(wait: boolean, signal: AbortSignal): Promise<{ release(): void } | undefined>;
}

export interface DrainDeps {
  readonly target: { readonly id: number; readonly url: string };
  readonly ledger: DeliveryLedger;
  readonly receiver: DeliveryReceiver;
  readonly lock: TargetLock;
  /** Who drains, for people and for `status`. */
  readonly holder: string;
  /** Asked before every request, so that whatever the operator says takes effect with the next one. */
  permission(): Promise<PermissionNow>;
  /** Takes note of what a target told of itself; returns the deployment to record. */
  noteGreeting(greeting: TargetGreeting): Promise<number | null>;
  /** Takes the target out of use: it said that it is gone for good. */
  retire?(): Promise<void>;
  /** At most so many events a second leave for this target; undefined: no limit. */
  readonly eventsPerSecond?: number | undefined;
  /** Epoch milliseconds. */
  now(): number;
  random(): number;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  sleep?(ms: number, signal: AbortSignal): Promise<void>;
}

export interface DrainOptions {
  /** At most so many events in this pass. */
  readonly limit?: number;
  /** True for an operator's `now`: backoff and an open circuit are tried anyway. */
  readonly ignoreBackoff: boolean;
  /** Ask again about pending events, due or not, and post nothing else. */
  readonly pendingOnly?: boolean;
  /** False: do not wait for another drain of the same target. */
  readonly waitForLock: boolean;
  readonly signal: AbortSignal;
  /** Told after each batch; the next one waits for it. */
  onProgress?(report: DrainReport): void | Promise<void>;
}

/**
 * One pass over one target: select, post, record, until the journal head the pass
 * began with. Delivery is at least once; whatever ends it, the ledger tells the
 * truth.
 */
export async function drain(deps: DrainDeps, options: DrainOptions): Promise<DrainReport> {
  const startedAt = deps.now();
  const report = emptyReport(deps.target);
  const allowed = await deps.permission();
  const closed = typeof allowed === 'function' ? await deps.receiver.closedGate() : allowed;
  if (closed === undefined) await drainUnderLock(deps, options, report);
  else {
    if (isOfTarget(closed)) await deps.ledger.noteBlocked(deps.target.id, closed);
    block(report, closed);
  }
  await countBacklog(deps, report);
  report.duration_ms = deps.now() - startedAt;
  return report;
}

async function drainUnderLock(
  deps: DrainDeps,
  options: DrainOptions,
  report: DrainReport,
): Promise<void> {
  const lock = await deps.lock.acquire(options.waitForLock, options.signal);
  if (lock === undefined) {
    report.interrupted = options.signal.aborted;
    if (!report.interrupted) block(report, LOCKED);
    return;
  }
  try {
    step('dispatch.locked');
    const lease = await deps.ledger.takeLease(deps.target.id, deps.holder);
    const pass = await deps.ledger.beginPass(lease, deps.now());
    report.recovered = pass.recovered;
    await new DrainPass(deps, options, report, pass).run();
  } finally {
    lock.release();
  }
}

const LOCKED: ClosedGate = {
  reason: 'daemon_lock',
  message: 'another process is draining this target; leave out --no-wait to wait for it',
};

async function countBacklog(deps: DrainDeps, report: DrainReport): Promise<void> {
  const permission = await deps.permission();
  const heldBy: Permission =
    typeof permission === 'function'
      ? permission
      : (permission.heldBy ?? (() => permission.reason));
  const { unsent, held, heldRetries } = await deps.ledger.backlog(deps.target.id, heldBy);
  report.unsent = unsent;
  report.held = Object.values(held).reduce((sum, events) => sum + events, 0);
  if (report.posts > 0 || report.selected > 0 || report.blocked_reason !== null) return;
  const reasons = { ...held, ...heldRetries };
  report.blocked_reason =
    DRAIN_BLOCKED_REASONS.find((reason) => reasons[reason] !== undefined) ?? null;
}
