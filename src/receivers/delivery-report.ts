import type { DeliveryReport } from '../dispatch/ports.js';
import type { HttpAnswer } from './answer.js';
import type { Verdict } from './mapping/verdict.js';

const SENT_TWICE =
  'sent twice: the kept connection was reset before an answer, a fresh one was used';

/** The report of one post: what its answer means, and what was sent to get it. */
export function reportOf(verdict: Verdict, answer: HttpAnswer, bytes: number): DeliveryReport {
  const { requests = 1 } = answer;
  const report = { ...verdict, bytesSent: bytes * requests };
  if (requests === 1) return report;
  const error = verdict.error === undefined ? SENT_TWICE : `${verdict.error} (${SENT_TWICE})`;
  return { ...report, error };
}
