import { circuitIsOpen } from '../dispatch/health.js';
import { WAITS } from '../dispatch/waits.js';
import type { TargetRecord } from '../targets/registry.js';
import type { CircuitState } from './status-document.js';

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
