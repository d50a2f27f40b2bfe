import type { ResetSignalRecord } from '../dispatch/ports.js';

/** A reset is advice: only the operator knows whether the events are to go out again. */
export function resetAdvice(targetId: number | null, signal: ResetSignalRecord): string {
  const { field, before, after } = signal;
  return (
    `target ${targetId}: ${field} changed from ${before} to ${after}: the server may have lost what it had. ` +
    `\`redrain replay --target ${targetId}\` sends everything again, \`redrain targets ack ${targetId}\` says that nothing was lost.`
  );
}
