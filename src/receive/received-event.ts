/** The ways in which events arrive (docs/receive.md). */
export type ReceivedFormat = 'batch' | 'webhook' | 'cloudevents' | 'lines' | 'json' | 'hub';

/** One event as it arrived. */
export interface ReceivedEvent {
  /** The id by which a repetition is recognised. With CloudEvents it is unique within its source. */
  readonly id: string;
  readonly type?: string;
  /** As the sender wrote it. */
  readonly time?: string;
  /** Of a CloudEvent. */
  readonly source?: string;
  /** All context attributes of a CloudEvent, extensions included. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /**
   * The payload: parsed when it is JSON, else its bytes. For a CloudEvent this
   * is its data.
   */
  readonly data: unknown;
  /** Exactly the bytes that arrived for this event. */
  readonly bytes: Buffer;
  readonly format: ReceivedFormat;
  /** Which replay of the sender this is: 1 unless somebody had events sent again. */
  readonly generation: number;
}

/** One element of a request that is refused by itself; without an id when it has no usable one. */
export interface UnusableElement {
  readonly id?: string;
  readonly reason: string;
}

export type RequestElement = ReceivedEvent | UnusableElement;

export function isEvent(element: RequestElement): element is ReceivedEvent {
  return !('reason' in element);
}

/** What the receiver says of one event. */
export type EventVerdict =
  | { readonly status: 'success' | 'duplicate' }
  | { readonly status: 'rejected'; readonly reason: string }
  /** Nothing is stored; the sender may try again. */
  | { readonly status: 'failed' };

/**
 * Thrown by an effect to refuse one event for good: its transaction is undone,
 * and the sender is told the message.
 */
export class EventRejectedError extends Error {
  override readonly name = 'EventRejectedError';
}
