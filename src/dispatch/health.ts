import type { DeliveryReport, TargetHealth } from './ports.js';

/** Batches in a row that end transient as a whole before the circuit opens. */
export const CIRCUIT_THRESHOLD = 3;
/** The longest a server's Retry-After is honoured. */
export const MAX_RETRY_AFTER_MS = 3_600_000;
const CIRCUIT_BASE_MS = 5_000;
const CIRCUIT_CAP_MS = 600_000;

/** One POST, as far as the health of a target depends on it. */
export interface PostResult {
  readonly firstSeq: number;
  readonly report: DeliveryReport;
}

/** The health of a target after one more POST. Pure. */
export function healthAfter(
  before: TargetHealth,
  { firstSeq, report }: PostResult,
  now: number,
  random: () => number,
): TargetHealth {
  const failures = isTransient(report) ? before.circuitFailures + 1 : 0;
  const silent = report.httpStatus === null;
  const sameStart = before.silentSeq === firstSeq;
  return {
    circuitFailures: failures,
    circuitOpenUntil:
      failures >= CIRCUIT_THRESHOLD ? now + circuitPauseMs(failures, random) : null,
    resumeAt:
      report.retryAfterMs === undefined
        ? null
        : now + Math.min(report.retryAfterMs, MAX_RETRY_AFTER_MS),
    silentSeq: silent ? firstSeq : null,
    silentTimes: silent ? (sameStart ? before.silentTimes + 1 : 1) : 0,
    blockedReason: report.blocked ?? (silent ? 'network_unavailable' : null),
    blockedMessage: report.blocked === undefined && !silent ? null : (report.error ?? null),
  };
}

/** True when the answer brought no event forward: every verdict is transient. */
export function isTransient(report: DeliveryReport): boolean {
  return report.outcomes.every((outcome) => outcome?.kind === 'transient');
}

/** True when the next batch is a probe, and a failing one ends the pass. */
export function circuitIsOpen(health: TargetHealth): boolean {
  return health.circuitFailures >= CIRCUIT_THRESHOLD;
}

/**
 * How many events a batch may hold: less and less while nothing answers a
 * batch that begins at the same event, as a proxy may choke on its size; the
 * full number again with the first answer.
 */
export function batchSize(health: TargetHealth, maxEvents: number): number {
  const halvings = Math.max(0, health.silentTimes - 1);
  return Math.max(1, Math.floor(maxEvents / 2 ** halvings));
}

function circuitPauseMs(failures: number, random: () => number): number {
  const steps = Math.min(failures - CIRCUIT_THRESHOLD, 20);
  return 1_000 + Math.ceil(random() * Math.min(CIRCUIT_CAP_MS, CIRCUIT_BASE_MS * 2 ** steps));
}
