import type { Waiting } from './batch-requests.js';
import type { ClaimedEvent, Outcome, Permission, PostRecord, Settlement } from './ports.js';
import type { Delivered } from './single-requests.js';

/** Asks once for each origin: a batch has many events of few. */
export function heldAmong(permission: Permission): (event: ClaimedEvent) => boolean {
  const held = new Map<number, boolean>();
  return ({ originId, origin }) => {
    const known = held.get(originId) ?? permission(origin) !== null;
    held.set(originId, known);
    return known;
  };
}

/** What was posted without a verdict when it was stopped: due at once. */
export function leftOver({ events, posted, isolation }: Waiting): Settlement[] {
  const reason = 'the pass stopped before this event got a verdict';
  const outcome = { kind: 'transient', reason } as const;
  return events.map((event) => ({ event, outcome, posted, isolation, dueNow: true }));
}

/** What an event gets whose answer held none. */
export const NO_VERDICT: Outcome = { kind: 'transient', reason: 'no verdict' };

/** Requests that are settled together, as one line of the dispatch log: the last failure stands for all. */
export function groupRecord(delivered: readonly Delivered[]): PostRecord {
  const failed = delivered.findLast(({ report }) => report.error !== undefined);
  const { report: telling } = failed ?? (delivered.at(-1) as Delivered);
  const sum = delivered.reduce((total, { report }) => total + report.bytesSent, 0);
  return {
    startedAt: Math.min(...delivered.map(({ startedAt }) => startedAt)),
    durationMs: Math.max(...delivered.map(({ durationMs }) => durationMs)),
    events: delivered.map(({ event }) => event),
    requests: delivered.length,
    report: {
      outcomes: delivered.map(({ report }) => report.outcomes[0] ?? report.ifAlone ?? NO_VERDICT),
      httpStatus: telling.httpStatus,
      bytesSent: sum,
      ...(telling.error === undefined ? {} : { error: telling.error }),
    },
  };
}
