import { hash } from 'node:crypto';
import type { BatchLimits, ClaimedEvent, DeliveryReceiver, Settlement } from './ports.js';

export interface Sorted {
  /** Events that are judged without being posted. */
  readonly judged: Settlement[];
  readonly postable: ClaimedEvent[];
}

/** Splits a claim into what can be posted and what this receiver can never be given. */
export function unpostable(
  events: readonly ClaimedEvent[],
  receiver: DeliveryReceiver,
  limits: BatchLimits,
): Sorted {
  const judged: Settlement[] = [];
  const postable: ClaimedEvent[] = [];
  for (const event of events) {
    const reason =
      oversize(event, receiver, limits) ?? receiver.unsendable(event) ?? altered(event);
    if (reason === undefined) postable.push(event);
    else judged.push(terminal(event, reason));
  }
  return { judged, postable };
}

function oversize(
  event: ClaimedEvent,
  receiver: DeliveryReceiver,
  limits: BatchLimits,
): string | undefined {
  const size = receiver.wireSize(event);
  if (size <= limits.maxBytes) return undefined;
  return `too large: ${size} bytes in a request, the target takes ${limits.maxBytes}`;
}

/** Bytes that changed on the disk are not what happened: they are not sent in its place. */
function altered({ bytes, sha256 }: ClaimedEvent): string | undefined {
  if (hash('sha256', bytes, 'buffer').equals(sha256)) return undefined;
  return 'its bytes are not what was captured: `redrain verify` looks at all of them';
}

function terminal(event: ClaimedEvent, reason: string): Settlement {
  const past = event.attempted ? '; an earlier attempt may have arrived' : '; it was never sent';
  return {
    event,
    outcome: { kind: 'terminal_failed', reason: reason + past },
    posted: false,
    company: 'any',
    dueNow: false,
  };
}
