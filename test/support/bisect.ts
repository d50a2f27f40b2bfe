import type { DeliveryReceiver, OutboundEvent, Outcome } from '../../src/dispatch/ports.js';

/** What a whole drain of one batch comes to, without any ledger. */
export interface Drained {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly posts: number;
}

/**
 * The simplest driver that keeps the port's promise: events without a verdict
 * are posted again, without those that have one, or in halves (left first) when
 * none has; one that stands alone gets `ifAlone`.
 */
export async function drainBatch(
  receiver: DeliveryReceiver,
  batch: readonly OutboundEvent[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Drained> {
  const outcomes = new Map<string, Outcome>();
  const waiting: (readonly OutboundEvent[])[] = [batch];
  let posts = 0;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const report = await receiver.deliver(next, signal);
    posts += 1;
    if (report.outcomes.length !== next.length) throw new Error('one outcome for each event');
    next.forEach((event, index) => {
      const outcome = report.outcomes[index] ?? (next!.length === 1 ? report.ifAlone : undefined);
      if (outcome !== undefined) outcomes.set(event.eventId, outcome);
    });
    const left = next.filter(({ eventId }) => !outcomes.has(eventId));
    if (left.length > 0) waiting.unshift(...again(next, left));
  }
  return { outcomes, posts };
}

function again(
  posted: readonly OutboundEvent[],
  left: readonly OutboundEvent[],
): (readonly OutboundEvent[])[] {
  if (left.length < posted.length) return [left];
  if (left.length === 1) throw new Error('a lone event without a verdict needs ifAlone');
  const middle = Math.ceil(left.length / 2);
  return [left.slice(0, middle), left.slice(middle)];
}
