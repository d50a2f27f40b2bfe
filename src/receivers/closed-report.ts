import type { ClosedGate, DeliveryReport } from '../dispatch/ports.js';
import { transientForAll } from './mapping/verdict.js';

/** What a batch gets when a gate is closed at the moment of the post: nothing left this machine. */
export function closedReport(count: number, gate: ClosedGate): DeliveryReport {
  return { ...transientForAll(count, gate.message, null, { blocked: gate.reason }), bytesSent: 0 };
}
