import type { ClaimedEvent, DeliveryReceiver, Settlement } from './ports.js';

export interface Sorted {
  /** Events that are judged without being posted. */
  readonly judged: Settlement[];
  readonly postable: ClaimedEvent[];
}

/** Splits a claim into what can be posted and what this receiver can never be given. */
export function unpostable(
  events: readonly ClaimedEvent[],
  receiver: Pick<DeliveryReceiver, 'unsendable'>,
): Sorted {
  const judged: Settlement[] = [];
  const postable: ClaimedEvent[] = [];
  for (const event of events) {
    const reason = receiver.unsendable(event);
    if (reason === undefined) postable.push(event);
    else judged.push(terminal(event, reason));
  }
  return { judged, postable };
}

function terminal(event: ClaimedEvent, reason: string): Settlement {
  const past = event.attempted ? '; an earlier attempt may have arrived' : '; it was never sent';
  return {
    event,
    outcome: { kind: 'terminal_failed', reason: reason + past },
    posted: false,
    isolation: 'any',
    dueNow: false,
  };
}
