import type { EventFilter } from '../../journal/event-filter.js';

/** A part of a WHERE clause, with the values of its named parameters. */
export interface Conditions {
  /** Empty, or starting with AND. */
  readonly sql: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * The filter as SQL on `event e`. `seqColumn` names the key that the query is
 * driven by, so that events named one by one are looked up and not searched.
 */
export function eventConditions(filter: EventFilter, seqColumn = 'e.seq'): Conditions {
  const { type, originIds, seqs, since, until } = filter;
  const parts: [value: unknown, name: string, sql: string][] = [
    [type, 'type', 'e.event_type = @type::text'],
    [originIds, 'originIds', 'e.origin_id = ANY(@originIds::bigint[])'],
    [seqs, 'wanted', `${seqColumn} = ANY(@wanted::bigint[])`],
    [since, 'since', 'e.captured_at >= @since::bigint'],
    [until, 'until', 'e.captured_at < @until::bigint'],
  ];
  const given = parts.filter(([value]) => value !== undefined);
  return {
    sql: given.map(([, , sql]) => ` AND ${sql}`).join(''),
    values: Object.fromEntries(given.map(([value, name]) => [name, value])),
  };
}

/** Every revision of one event id. */
export const SEQS_OF = 'SELECT seq FROM event WHERE event_id = @eventId ORDER BY revision';
