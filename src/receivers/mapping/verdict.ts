import type { DeliveryReport, Outcome } from '../../dispatch/ports.js';

/** What an answer means for a batch: a report that does not know the size of its request yet. */
export type Verdict = Omit<DeliveryReport, 'bytesSent'>;

/** What a verdict may say besides its outcomes. */
export type VerdictDetails = Omit<Verdict, 'outcomes' | 'httpStatus'>;

/** One and the same outcome for every event of the batch. */
export function sameForAll(
  count: number,
  outcome: Outcome,
  httpStatus: number | null,
  details: VerdictDetails = {},
): Verdict {
  return { outcomes: new Array<Outcome>(count).fill(outcome), httpStatus, ...details };
}

/** Nothing was said of any event: the batch failed as a whole, and may be tried again. */
export function transientForAll(
  count: number,
  reason: string,
  httpStatus: number | null,
  details: VerdictDetails = {},
): Verdict {
  return sameForAll(count, { kind: 'transient', reason }, httpStatus, {
    error: reason,
    ...details,
  });
}
