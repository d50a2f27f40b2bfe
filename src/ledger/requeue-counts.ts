import { noCounts, type RequeueCounts, type RequeueRequest } from './requeue.js';

/** Deliveries of one class that have one status. */
export interface Counted {
  readonly class: string;
  readonly status: string;
  readonly events: number;
}

/** What the counters of the ledger say, and what is not free to be requeued. */
export interface CountedDeliveries {
  /** Those that have a status that the request means. */
  readonly all: readonly Counted[];
  /** Live ones of them that are on the wire. */
  readonly inFlight: readonly Counted[];
  /** Live ones of them that an earlier replay has marked, and that are not on the wire. */
  readonly marked: readonly Counted[];
}

/** True where the counters of the ledger know all that the request depends on: the target, the kind, origins. */
export const isCounted = ({ cause, filter }: RequeueRequest): boolean =>
  [cause, filter.seqs, filter.since, filter.until].every((part) => part === undefined);

/** The counts for these deliveries: those on the wire and those that are marked are not selected. */
export function countsFrom({ all, inFlight, marked }: CountedDeliveries): RequeueCounts {
  const counts = noCounts();
  for (const { class: name, status, events } of all)
    if (name === 'live') counts.by_status[status] = events;
    else counts.not_live[name] = (counts.not_live[name] ?? 0) + events;
  counts.in_flight = takeFrom(counts, inFlight);
  counts.already_marked = takeFrom(counts, marked);
  for (const [status, events] of Object.entries(counts.by_status))
    if (events === 0) delete counts.by_status[status];
    else counts.selected += events;
  for (const [name, events] of Object.entries(counts.not_live))
    if (events === 0) delete counts.not_live[name];
  return counts;
}

/** Takes these off what is selected; returns how many they are. */
function takeFrom(counts: RequeueCounts, rows: readonly Counted[]): number {
  let taken = 0;
  for (const { status, events } of rows) {
    counts.by_status[status] = (counts.by_status[status] ?? 0) - events;
    taken += events;
  }
  return taken;
}
