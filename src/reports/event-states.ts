/** What can be asked for: the terms of a target's sum, the class of an event, or `live`. */
export const EVENT_STATES = [
  'unsent',
  'held',
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
