import type { TopReport } from '../app/top.js';
import { grouped } from '../base/grouped.js';
import type { QueueRow, WorkerRow } from '../reports/jobs-section.js';
import { timeText } from './ago.js';
import { color } from './color.js';
import { bytes, count } from './output.js';
import type { Screen } from './screen.js';
import { type Column, table } from './table.js';
import { TARGET_COLUMNS } from './target-columns.js';

const WORKERS: readonly Column<WorkerRow>[] = [
  { key: 'worker', heading: 'WORKER', value: ({ kind }) => kind },
  { key: 'pid', heading: 'PROCESS', value: ({ pid }) => String(pid) },
  { key: 'host', heading: 'HOST', value: ({ host }) => host, shrink: { how: 'end', least: 8 } },
  { key: 'since', heading: 'STARTED', value: ({ started_at }) => started_at, isTime: true },
  {
    key: 'queues',
    heading: 'QUEUES',
    value: ({ queues }) => queues.join(', '),
    shrink: { how: 'end', least: 12 },
  },
];

const QUEUES: readonly Column<QueueRow>[] = [
  {
    key: 'queue',
    heading: 'QUEUE',
    value: ({ queue }) => queue,
    shrink: { how: 'middle', least: 12 },
  },
  { key: 'waiting', heading: 'WAITING', value: ({ waiting }) => waiting },
  { key: 'active', heading: 'ACTIVE', value: ({ active }) => active },
  { key: 'delayed', heading: 'DELAYED', value: ({ delayed }) => delayed },
  {
    key: 'failed',
    heading: 'FAILED',
    value: ({ failed }) => failed,
    paint: ({ failed }) => (failed > 0 ? color.red : undefined),
  },
  {
    key: 'state',
    heading: 'STATE',
    value: ({ paused, served }) => (paused ? 'paused' : served ? 'served' : 'no worker'),
  },
];

/** One line about the home as a whole. */
export function topHead(top: TopReport): string {
  const { retained_event_count: kept, journal_size_bytes: size, spooled, targets, jobs } = top;
  const events = kept === null ? 'the journal cannot be read' : `${count(kept, 'event')} kept`;
  const workers = 'error' in jobs ? [] : [count(jobs.workers.length, 'worker')];
  return [
    size === null ? events : `${events} (${bytes(size)})`,
    ...(spooled ? [`${grouped(spooled)} in the spool`] : []),
    count(targets.length, 'target'),
    ...workers,
  ].join(' · ');
}

/** Every target, worker and queue, each kind as a table. */
export function topLines({ targets, jobs }: TopReport, screen: Screen): string[] {
  const lines: string[] = [];
  const add = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void => {
    if (rows.length > 0) lines.push(...table(columns, rows, screen).split('\n'), '');
  };
  add(TARGET_COLUMNS, targets);
  if ('error' in jobs) lines.push(`jobs cannot be read: ${jobs.error}`, '');
  else {
    add(WORKERS, jobs.workers);
    add(QUEUES, jobs.queues);
  }
  return lines.slice(0, -1);
}

/** When this was read: the time of the clock on a terminal, ISO 8601 in a pipe. */
export function topTime({ at }: TopReport, screen: Screen): string {
  return screen.isTerminal ? new Date(at).toTimeString().slice(0, 8) : timeText(at, screen);
}
