/**
 * The interface of a receiver of your own: a module whose address is given as
 * `module:./my-receiver.mjs` default-exports one of these (docs/receivers.md,
 * "module"). It runs inside redrain, in commands and workers alike.
 *
 *     export default {
 *       async deliver(events, { signal }) {
 *         await store(events.map(({ id, bytes }) => ({ id, bytes })), { signal });
 *         return 'all';
 *       },
 *     };
 *
 * What follows `?` in the address is in the module's own `import.meta.url`, so
 * that one file can serve several targets.
 */
export interface Receiver {
  /** Shown to people beside the address. */
  readonly name?: string;
  /** How much one call of `deliver` takes; the settings of the target when left out. */
  readonly limits?: ReceiverLimits;
  /**
   * Takes events for good: what is said to be delivered is never sent again by
   * itself. Returns `'all'` when every event was taken, or a result for each;
   * an event without a result is sent again later. Delivery is at least once,
   * so that an id that was taken before may come again: take it once, and say
   * `duplicate`.
   *
   * @throws anything: every event of the call is sent again later, and the
   * message is kept as the cause. A number `retryAfterMs` on the error is the
   * shortest time until then.
   */
  deliver(
    events: readonly ReceiverEvent[],
    context: DeliverContext,
  ): Promise<readonly ReceiverResult[] | 'all'>;
  /** Called once, after the last `deliver` has ended. */
  close?(): Promise<void> | void;
}

export interface ReceiverLimits {
  /** Events of one call. */
  readonly maxEvents?: number;
  /** Sum of the sizes of the events of one call; one larger event comes alone. */
  readonly maxBytes?: number;
}

export interface DeliverContext {
  /** Aborts when the time of the request is over: what is not settled then is sent again later. */
  readonly signal: AbortSignal;
  /** 1, and one more for each replay: a replayed event was taken before on purpose. */
  readonly generation: number;
}

/** One event as it was captured. */
export interface ReceiverEvent {
  /** Unique in the journal, and the same in every attempt. */
  readonly id: string;
  readonly type: string;
  /** The producer's own text, or null when it gave none. */
  readonly time: string | null;
  /** The payload as it was captured, byte for byte. Not to be changed. */
  readonly bytes: Uint8Array;
}

export const RECEIVER_STATUSES = [
  /** Taken. */
  'success',
  /** Taken before: delivered as well. */
  'duplicate',
  /** Accepted and not decided: asked about again later. */
  'pending',
  /** Refused: tried again with growing pauses. */
  'rejected',
  /** Refused for good: not sent again by itself. */
  'terminal_failed',
  /** Not decided, by no fault of the event: tried again. */
  'transient',
] as const;

export type ReceiverStatus = (typeof RECEIVER_STATUSES)[number];

/** What became of one event. */
export interface ReceiverResult {
  readonly id: string;
  readonly status: ReceiverStatus;
  /** For people, at most 500 characters of it are kept; free of secrets. */
  readonly reason?: string;
}
