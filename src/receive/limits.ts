import { tooLarge } from './refusal.js';

/** Bounds of a request. What goes beyond them is refused before anything is stored. */
export interface ReceiverLimits {
  /** Of the body, as sent and as decoded. Default 8 MiB. */
  readonly maxBytes: number;
  /** Of the bodies of all requests under way; more are answered 503. Default 256 MiB. */
  readonly maxBytesAtOnce: number;
  /** Of one request. Default 10,000. */
  readonly maxEvents: number;
  /** How deep lists and objects may stand in each other. Default 512. */
  readonly maxDepth: number;
  /** How long a client may take to send the body. Default 30,000. */
  readonly bodyTimeoutMs: number;
}

export const DEFAULT_RECEIVER_LIMITS: ReceiverLimits = Object.freeze({
  maxBytes: 8 * 1024 * 1024,
  maxBytesAtOnce: 256 * 1024 * 1024,
  maxEvents: 10_000,
  maxDepth: 512,
  bodyTimeoutMs: 30_000,
});

/**
 * The limits given, and the defaults for the others.
 *
 * @throws TypeError for a limit that is no whole number above zero.
 */
export function resolveLimits(given: Partial<ReceiverLimits> = {}): ReceiverLimits {
  const limits = { ...DEFAULT_RECEIVER_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TypeError(`limits.${name} must be a whole number above zero, not ${value}`);
  return limits;
}

/** @throws Refusal 413. Asked before anything is made for each event. */
export function assertCount(events: number, { maxEvents }: ReceiverLimits): void {
  if (events > maxEvents) throw tooLarge(`${events} events, at most ${maxEvents} are taken`);
}
