import { FAULTY_RECEIVERS } from './faulty-receivers.js';
import { PLAIN_RECEIVERS } from './plain-receivers.js';
import type { CatalogueReceiver, State } from './receiver.js';
import { WELL_KNOWN_APIS } from './well-known-apis.js';

/** Every receiver, good and bad, with what has to come of it. */
export const CATALOGUE: readonly CatalogueReceiver[] = [
  ...PLAIN_RECEIVERS,
  ...WELL_KNOWN_APIS,
  ...FAULTY_RECEIVERS,
];

/** The payloads that are captured for a receiver. Ids have both cases: some receivers change them. */
export function eventsFor({ events = 3, members }: CatalogueReceiver): string[] {
  return Array.from({ length: events }, (_, index) =>
    JSON.stringify({
      event_id: `Order-${index}`,
      event_type: 'OrderPlaced',
      ...(members?.(index) ?? { index }),
    }),
  );
}

/** The state each of them has to be in. */
export function statesOf({ verdict, events = 3 }: CatalogueReceiver): State[] {
  return typeof verdict === 'string' ? new Array<State>(events).fill(verdict) : [...verdict];
}
