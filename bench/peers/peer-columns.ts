import type { Column } from '../../src/cli/table.js';
import type { PeerRow } from './peers-report.js';

const rounded = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));

/** redrain and others. */
export const PEER_COLUMNS: readonly Column<PeerRow>[] = [
  { key: 'way', heading: 'WORK', value: ({ way }) => way, shrink: { how: 'fold', least: 12 } },
  { key: 'peer', heading: 'PEER', value: ({ peer }) => peer, shrink: { how: 'fold', least: 10 } },
  { key: 'events_per_s', heading: 'EVENTS/S', value: (row) => Math.round(row.events_per_s) },
  { key: 'ratio', heading: 'OF REDRAIN', value: ({ ratio }) => rounded(ratio) },
  {
    key: 'cpu_us_per_event',
    heading: 'CPU µS',
    value: (row) => rounded(row.cpu_us_per_event),
  },
  {
    key: 'fsyncs_per_event',
    heading: 'FSYNCS',
    value: ({ fsyncs_per_event: syncs }) => (syncs === null ? 'not counted' : rounded(syncs)),
  },
  {
    key: 'durability',
    heading: 'DURABILITY',
    value: ({ durability }) => durability,
    shrink: { how: 'fold', least: 14 },
  },
];
