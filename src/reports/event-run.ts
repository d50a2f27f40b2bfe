import type { EventQuery, ListedEvent } from './event-list.js';

/** Which events behind a sequence number; an event of any state, as that changes while one looks. */
export interface EventRunQuery extends Omit<EventQuery, 'state'> {
  /** Only events behind this sequence number. */
  readonly after: number;
  /** Most events of one run. */
  readonly limit: number;
}

/** The next events in journal order. */
export interface EventRun {
  readonly events: readonly ListedEvent[];
  /** `after` of the next run: everything up to here was looked at. */
  readonly through: number;
  /** The newest sequence number; 0 in an empty journal. */
  readonly head: number;
}
