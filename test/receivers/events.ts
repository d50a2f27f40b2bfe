import type { OutboundEvent } from '../../src/dispatch/ports.js';

/** An event that travels bare, with these payload bytes or a small envelope. */
export function anEvent(eventId: string, given: Partial<OutboundEvent> = {}): OutboundEvent {
  return {
    seq: 1,
    eventId,
    eventType: 'Noted',
    timestamp: null,
    bytes: Buffer.from(JSON.stringify({ event_id: eventId, event_type: 'Noted' })),
    carriesOwnId: true,
    undeliverable: null,
    generation: 1,
    ...given,
  };
}

export function eventsFor(ids: readonly string[]): OutboundEvent[] {
  return ids.map((id, index) => anEvent(id, { seq: index + 1 }));
}

/** A signal that never aborts. */
export function never(): AbortSignal {
  return new AbortController().signal;
}
