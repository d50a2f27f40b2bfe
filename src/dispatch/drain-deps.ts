import type { DrainReport } from './drain-report.js';
import type { DeliveryLedger, DeliveryReceiver, PermissionNow, TargetGreeting } from './ports.js';
import type { TargetLock } from './target-lock.js';

export interface DrainDeps {
  readonly target: { readonly id: number; readonly name?: string; readonly url: string };
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
