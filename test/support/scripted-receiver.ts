import type {
  BatchLimits,
  ClosedGate,
  DeliveryReceiver,
  DeliveryReport,
  OutboundEvent,
  OutboundShape,
  Outcome,
  PreparedRequest,
  RequestCourse,
  TargetGreeting,
} from '../../src/dispatch/ports.js';

/** A receiver whose answers a test writes; it keeps what it was given. */
export class ScriptedReceiver implements DeliveryReceiver {
  readonly endpoint = 'scripted:';
  limits: BatchLimits = { maxEvents: 1000, maxBytes: 512 * 1024 };
  /** Ids of every post, in order. */
  readonly posts: string[][] = [];
  /** Of every post, whether exactly it was made ready before. */
  readonly prepared: boolean[] = [];
  closed: ClosedGate | undefined;
  greeting: TargetGreeting = {};
  /** Answers one post; by default everything is a success. */
  answer: (
    batch: readonly OutboundEvent[],
    mayStillLeave: () => Promise<boolean>,
  ) => DeliveryReport | Promise<DeliveryReport> = (batch) =>
    results(batch, () => ({ kind: 'success' }));

  async closedGate(): Promise<ClosedGate | undefined> {
    return this.closed;
  }

  async greet(): Promise<TargetGreeting> {
    return this.greeting;
  }

  wireSize(event: OutboundShape): number {
    return event.size + 1;
  }

  unsendable(event: OutboundEvent): string | undefined {
    return event.undeliverable ?? undefined;
  }

  async prepare(batch: readonly OutboundEvent[]): Promise<PreparedRequest> {
    return { events: batch };
  }

  async deliver(
    batch: readonly OutboundEvent[],
    _signal?: AbortSignal,
    mayStillLeave: () => Promise<boolean> = async () => true,
    { prepared, onSent }: RequestCourse = {},
  ): Promise<DeliveryReport> {
    this.posts.push(batch.map((event) => event.eventId));
    this.prepared.push(prepared?.events.every((event, at) => event === batch[at]) === true);
    onSent?.();
    return this.answer(batch, mayStillLeave);
  }

  async close(): Promise<void> {}
}

/** A 200 with one verdict for each event. */
export function results(
  batch: readonly OutboundEvent[],
  verdict: (event: OutboundEvent) => Outcome,
): DeliveryReport {
  return { outcomes: batch.map(verdict), httpStatus: 200, bytesSent: 1 };
}

/** The batch was refused as a whole: halves decide. */
export function refused(batch: readonly OutboundEvent[], ifAlone: Outcome): DeliveryReport {
  const error = 'reason' in ifAlone ? ifAlone.reason : ifAlone.kind;
  return { outcomes: batch.map(() => undefined), ifAlone, httpStatus: 400, bytesSent: 1, error };
}

/** No answer at all. */
export function unanswered(batch: readonly OutboundEvent[]): DeliveryReport {
  const reason = 'connection refused';
  return {
    outcomes: batch.map(() => ({ kind: 'transient', reason })),
    httpStatus: null,
    bytesSent: 1,
    error: reason,
  };
}

/** An answer that concerns the batch and not its events. */
export function transient(
  batch: readonly OutboundEvent[],
  more: Partial<DeliveryReport> = {},
): DeliveryReport {
  const reason = 'status 500';
  return {
    outcomes: batch.map(() => ({ kind: 'transient', reason })),
    httpStatus: 500,
    bytesSent: 1,
    error: reason,
    ...more,
  };
}
