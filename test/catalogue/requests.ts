import type { Incoming } from './receiver.js';

/** An event as a receiver sees it. */
export interface SeenEvent {
  readonly id: string;
  readonly value: Record<string, unknown>;
}

/** The events of `{"events":[…]}`. @throws when the body is anything else. */
export function batchOf(request: Incoming): SeenEvent[] {
  const { events } = JSON.parse(request.text()) as { events: Record<string, unknown>[] };
  return events.map((value) => ({ id: String(value.event_id), value }));
}

/** The events of a body that has one on each line. */
export function linesOf(request: Incoming): SeenEvent[] {
  const lines = request.text().split('\n').filter(Boolean);
  return lines.map((line) => {
    const value = JSON.parse(line) as Record<string, unknown>;
    return { id: String(value.event_id), value };
  });
}

/** The one event of a body, known by `webhook-id` or by its own id. */
export function oneOf(request: Incoming): SeenEvent {
  const value = JSON.parse(request.text()) as Record<string, unknown>;
  const { 'webhook-id': webhookId, 'ce-id': ceId } = request.headers;
  return { id: String(webhookId ?? ceId ?? value.id ?? value.event_id), value };
}

/** The ids of a batch in the order they were sent. */
export const idsOf = (request: Incoming): string[] => batchOf(request).map(({ id }) => id);
