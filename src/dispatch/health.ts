import type { DeliveryReport, TargetHealth } from './ports.js';
import { WAITS } from './waits.js';

/** Batches in a row that end transient as a whole before the circuit opens. */
export const CIRCUIT_THRESHOLD = 3;
/** The health of a target after one more POST. Pure. */
export function healthAfter(
  before: TargetHealth,
  report: DeliveryReport,
  now: number,
  random: () => number,
): TargetHealth {
  if (isWell(before) && isUneventful(report)) return before;
  const failures = isTransient(report) ? before.circuitFailures + 1 : 0;
  const silent = report.httpStatus === null;
  return {
    circuitFailures: failures,
    circuitOpenUntil:
      failures >= CIRCUIT_THRESHOLD
        ? now + WAITS.circuitMs(failures - CIRCUIT_THRESHOLD, random)
        : null,
    resumeAt:
      report.retryAfterMs === undefined ? null : now + WAITS.retryAfterMs(report.retryAfterMs),
    silentTimes: silent ? before.silentTimes + 1 : Math.max(0, before.silentTimes - 1),
    blockedReason: report.blocked ?? (silent ? 'network_unavailable' : null),
    blockedMessage: report.blocked === undefined && !silent ? null : (report.error ?? null),
  };
}

/** Nothing that an answer could end. */
function isWell(health: TargetHealth): boolean {
  const { circuitFailures, circuitOpenUntil, resumeAt, silentTimes, blockedReason } = health;
  const waits = circuitOpenUntil !== null || resumeAt !== null || blockedReason !== null;
  return circuitFailures === 0 && silentTimes === 0 && !waits && health.blockedMessage === null;
}

/** An answer of which nothing is to be remembered. */
function isUneventful(report: DeliveryReport): boolean {
  const { httpStatus, retryAfterMs, blocked } = report;
  const saysMore = httpStatus === null || retryAfterMs !== undefined || blocked !== undefined;
  return !saysMore && !isTransient(report);
}

/** True when the answer brought no event forward: every verdict is transient. */
export function isTransient(report: DeliveryReport): boolean {
  return report.outcomes.every((outcome) => outcome?.kind === 'transient');
}

/** True when the next batch is a probe, and a failing one ends the pass. */
export function circuitIsOpen(health: Pick<TargetHealth, 'circuitFailures'>): boolean {
  return health.circuitFailures >= CIRCUIT_THRESHOLD;
}

/**
 * How many events a batch may hold: half as many with each batch in a row that
 * got no answer at all, from the second on, as a proxy may choke on its size;
 * twice as many again with each answer.
 */
export function batchSize(health: TargetHealth, maxEvents: number): number {
  const halvings = Math.max(0, health.silentTimes - 1);
  return Math.max(1, Math.floor(maxEvents / 2 ** halvings));
}

/** Why the target is to be left alone for now, for a person; undefined when it need not be. */
export function standingWait(
  health: TargetHealth,
  now: number,
  ignoreBackoff: boolean,
): string | undefined {
  const resumeAt = WAITS.standing(health.resumeAt, now);
  if (resumeAt !== null)
    return `the target asked to be left alone until ${new Date(resumeAt).toISOString()}`;
  const circuitOpenUntil = WAITS.standing(health.circuitOpenUntil, now);
  if (ignoreBackoff || circuitOpenUntil === null) return undefined;
  return `the circuit of this target is open until ${new Date(circuitOpenUntil).toISOString()}`;
}
