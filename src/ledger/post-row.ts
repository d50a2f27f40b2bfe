import type { PostRecord } from '../dispatch/ports.js';
import { INTERRUPTED } from './delivery-ledger.js';
import { fromRanges, type SeqRanges, toRanges } from './seq-ranges.js';

/** One line of the dispatch log as it is stored. */
export interface PostRow {
  readonly startedAt: number;
  readonly durationMs: number;
  readonly first: number;
  readonly last: number;
  readonly events: number;
  /** JSON: which events got which outcome, as ranges; `none` where the answer held no verdict. */
  readonly outcomes: string;
  readonly httpStatus: number | null;
  readonly bytesSent: number;
  readonly error: string | null;
  readonly requests: number;
}

export function postRow(post: PostRecord): PostRow {
  const ranges = toRanges(post.events.map((event) => event.seq));
  const { report } = post;
  return {
    startedAt: post.startedAt,
    durationMs: post.durationMs,
    first: ranges[0]?.[0] ?? 0,
    last: ranges.at(-1)?.[1] ?? 0,
    events: post.events.length,
    outcomes: JSON.stringify(outcomeRanges(post)),
    httpStatus: report.httpStatus,
    bytesSent: report.bytesSent,
    error: report.error ?? null,
    requests: post.requests ?? 1,
  };
}

/** A post whose sender died: from its start to now, as it is not known when it ended. */
export function interruptedRow(
  flight: { readonly seqs: string; readonly startedAt: number },
  now: number,
): PostRow {
  const ranges = JSON.parse(flight.seqs) as SeqRanges;
  // A clock that was set back since says nothing of how long it took.
  const startedAt = Math.min(flight.startedAt, now);
  return {
    startedAt,
    durationMs: now - startedAt,
    first: ranges[0]?.[0] ?? 0,
    last: ranges.at(-1)?.[1] ?? 0,
    events: fromRanges(ranges).length,
    outcomes: JSON.stringify({ transient: ranges }),
    httpStatus: null,
    bytesSent: 0,
    error: INTERRUPTED,
    requests: 1,
  };
}

function outcomeRanges(post: PostRecord): Record<string, SeqRanges> {
  // In a batch of one, the refusal of the batch is the verdict on that event.
  const alone = post.events.length === 1 ? post.report.ifAlone : undefined;
  const byOutcome = new Map<string, number[]>();
  post.events.forEach(({ seq }, i) => {
    const kind = (post.report.outcomes[i] ?? alone)?.kind ?? 'none';
    const seqs = byOutcome.get(kind);
    if (seqs === undefined) byOutcome.set(kind, [seq]);
    else seqs.push(seq);
  });
  return Object.fromEntries([...byOutcome].map(([kind, seqs]) => [kind, toRanges(seqs)]));
}
