import { step } from '../base/steps.js';
import type { DrainDeps, DrainOptions } from './drain-deps.js';
import { block, DrainPass, isOfTarget } from './drain-pass.js';
import { type DrainReport, emptyReport } from './drain-report.js';
import { type ClosedGate, DRAIN_BLOCKED_REASONS, type Permission } from './ports.js';

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
    await lock.release();
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
  const { unsent, held, heldRetries, excluded } = await deps.ledger.backlog(deps.target.id, heldBy);
  report.unsent = unsent;
  report.excluded = excluded;
  report.held = Object.values(held).reduce((sum, events) => sum + events, 0);
  if (report.posts > 0 || report.selected > 0 || report.blocked_reason !== null) return;
  const reasons = { ...held, ...heldRetries };
  report.blocked_reason =
    DRAIN_BLOCKED_REASONS.find((reason) => reasons[reason] !== undefined) ?? null;
}
