import type { TopTarget } from '../app/top.js';
import { color } from './color.js';
import type { Column } from './table.js';

/** Every target, and what it does now. */
export const TARGET_COLUMNS: readonly Column<TopTarget>[] = [
  {
    key: 'name',
    heading: 'TARGET',
    value: ({ name }) => name,
    shrink: { how: 'middle', least: 14 },
  },
  {
    key: 'activity',
    heading: 'NOW',
    value: ({ activity }) => activity,
    shrink: { how: 'end', least: 14, isLast: true },
  },
  { key: 'delivered', heading: 'DELIVERED', value: ({ delivered }) => delivered },
  { key: 'waiting', heading: 'WAITING', value: ({ waiting }) => waiting },
  {
    key: 'rejected',
    heading: 'REJECTED',
    value: ({ rejected }) => rejected,
    paint: ({ rejected }) => (rejected > 0 ? color.yellow : undefined),
  },
  {
    key: 'terminal',
    heading: 'FAILED',
    value: ({ terminal }) => terminal,
    paint: ({ terminal }) => (terminal > 0 ? color.red : undefined),
  },
];
