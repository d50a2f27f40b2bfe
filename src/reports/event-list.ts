import type { Permission } from '../dispatch/ports.js';
import type { EventFilter } from '../journal/event-filter.js';
import { type OriginColumns, originFields } from '../ledger/origins.js';
import type { DeliveryStatus } from '../ledger/transition.js';
import { TERM_OF_STATUS } from './target-terms.js';

/** What can be asked for: the terms of a target's sum, the class of an event, or `live`. */
export const EVENT_STATES = [
  'unsent',
  'held',
  'excluded',
  'delivered',
  'pending',
  'rejected',
  'transient',
  'terminal',
  'live',
  'coalesced',
  'replaced',
  'archived',
  'redacted',
  'purged',
] as const;
export type EventState = (typeof EVENT_STATES)[number];

/** Which events, as seen from which target. */
export interface EventQuery {
  /** `NO_TARGET` for a target that has nothing yet. */
  readonly targetId: number;
  readonly state?: EventState | undefined;
  readonly filter: EventFilter;
  /** The permission of the target: what tells `held` from `unsent`. */
  readonly permission: Permission;
  /** The first event that the target is about to get, where that is not as it is stored. */
  readonly newStart?: number | null | undefined;
}

/** One event as lists show it. */
export interface ListedEvent {
  /** Its place in the journal. */
  readonly seq: number;
  readonly event_id: string;
  readonly revision: number;
  readonly event_type: string;
  readonly project_uuid: string | null;
  readonly captured_at: string;
  readonly occurred_at: string | null;
  readonly size: number;
  /** `live`, or why it is not selected any more. */
  readonly class: string;
  /** The one term of the target's sum that it is in. */
  readonly state: EventState;
  readonly generation: number | null;
  /** True while a replay waits to go out. */
  readonly replay: boolean;
  readonly last_error: string | null;
}

/** One event with its exact bytes; null when they are no longer in the journal. */
export interface ExportedEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly class: string;
  /** Of the bytes as they were captured, in hexadecimal. */
  readonly sha256: string;
  /** Why no receiver may be given it, or null. */
  readonly undeliverable: string | null;
  readonly bytes: Buffer | null;
}

/** An event with its delivery at one target, as an engine reads it. Times in epoch milliseconds. */
export interface EventRow {
  readonly seq: number;
  readonly event_id: string;
  readonly revision: number;
  readonly event_type: string;
  /** Empty for none. */
  readonly project_uuid: string;
  readonly origin_id: number;
  readonly captured_at: number;
  readonly occurred_at: number | null;
  readonly size: number;
  readonly class: string;
  /** Null while the event was never offered to the target; so are the next two. */
  readonly status: DeliveryStatus | null;
  readonly generation: number | null;
  readonly last_error: string | null;
  /** 1 while a replay waits to go out. */
  readonly marked: 0 | 1;
  /** 1 when the target never had it, and starts later. */
  readonly early: 0 | 1;
}

/** An origin that the journal knows, with its live events. */
export interface KnownOrigin extends OriginColumns {
  readonly live: number;
}

/** What a target may have, by origin: an event is held, or of a type it does not get, by its origin. */
export class OriginStates {
  readonly #states: ReadonlyMap<number, WaitingState>;

  constructor(origins: readonly OriginColumns[], permission: Permission) {
    this.#states = new Map(
      origins.map((row) => [row.originId, stateFor(permission(originFields(row)))]),
    );
  }

  /** The filter of a list: `held` and `unsent` differ in nothing but the origin. */
  filterFor({ state, filter }: Pick<EventQuery, 'state' | 'filter'>): EventFilter {
    if (state !== 'held' && state !== 'unsent') return filter;
    const wanted = new Set(filter.originIds ?? this.#states.keys());
    return { ...filter, originIds: this.#idsOf(state).filter((id) => wanted.has(id)) };
  }

  /** Origins of types that the target does not get. */
  get excluded(): readonly number[] {
    return this.#idsOf('excluded');
  }

  #idsOf(wanted: WaitingState): number[] {
    return [...this.#states].filter(([, state]) => state === wanted).map(([id]) => id);
  }

  /** A row as lists show it. */
  listed(row: EventRow): ListedEvent {
    return {
      seq: row.seq,
      event_id: row.event_id,
      revision: row.revision,
      event_type: row.event_type,
      project_uuid: row.project_uuid || null,
      captured_at: new Date(row.captured_at).toISOString(),
      occurred_at: row.occurred_at === null ? null : new Date(row.occurred_at).toISOString(),
      size: row.size,
      class: row.class,
      state: this.#stateOf(row),
      generation: row.generation,
      replay: row.marked === 1,
      last_error: row.last_error,
    };
  }

  #stateOf(row: EventRow): EventState {
    if (row.status !== null) return TERM_OF_STATUS[row.status];
    if (row.class !== 'live') return row.class as EventState;
    return row.early === 1 ? 'excluded' : (this.#states.get(row.origin_id) ?? 'unsent');
  }
}

/** States of a live event that was never attempted. */
type WaitingState = 'unsent' | 'held' | 'excluded';

function stateFor(reason: ReturnType<Permission>): WaitingState {
  if (reason === null) return 'unsent';
  return reason === 'excluded' ? 'excluded' : 'held';
}
