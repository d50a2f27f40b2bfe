import type { ListedEvent } from '../reports/event-list.js';
import type { Column } from './table.js';

/** The columns that every list of events has. */
export const EVENT_ID: Column<ListedEvent> = {
  key: 'event_id',
  heading: 'EVENT',
  value: (event) => event.event_id,
  shrink: { how: 'middle', least: 12, isLast: true },
};

export const EVENT_TYPE: Column<ListedEvent> = {
  key: 'event_type',
  heading: 'TYPE',
  value: (event) => event.event_type,
  shrink: { how: 'end', least: 10 },
};

export const CAPTURED_AT: Column<ListedEvent> = {
  key: 'captured_at',
  heading: 'CAPTURED',
  value: (event) => event.captured_at,
  isTime: true,
};
