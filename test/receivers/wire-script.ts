import type { BatchScript } from './three-receivers.js';
import type { WireCase } from './wire-cases.js';

/** Behaves as the server of a case does, to posts and re-posts alike. */
export function scriptOf({ http_status: status, headers, body, server }: WireCase): BatchScript {
  return (eventIds) => {
    if (server !== undefined && !eventIds.some((id) => server.poison_ids.includes(id)))
      return { status: 200, body: successFor(eventIds) };
    return status === null ? null : { status, headers, body: body ?? '' };
  };
}

function successFor(eventIds: readonly string[]): string {
  return JSON.stringify({ results: eventIds.map((id) => ({ event_id: id, status: 'success' })) });
}
