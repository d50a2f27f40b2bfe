import { type JobControl, yieldToOthers } from './job-control.js';
import type { EligibleEvent, RetentionStore, SeqSpan } from './retention-store.js';
import type { RetentionScope } from './scope.js';

/** Sequence numbers looked at in one transaction: about 8 ms of work where everything may go. */
export const SPAN = 250;

/** The whole journal in spans of neighbours, from `first` to `head`. Finding candidates costs one look at each event. */
export function* spansTo(head: number, size = SPAN): Generator<SeqSpan> {
  for (let first = 1; first <= head; first += size)
    yield { first, last: Math.min(first + size - 1, head) };
}

/** What went, or would go. */
export interface Collected {
  readonly events: number;
  readonly bytes: number;
  /** Of these, how many were coalesced and so never sent. */
  readonly coalesced: number;
  /** Events some target still lacks. */
  readonly undelivered: number;
  /** Left in place, because their bytes contradict their digest. */
  readonly damaged: number;
  /** True when a signal ended the work early: running again goes on. */
  readonly interrupted: boolean;
}

export const NOTHING_COLLECTED: Collected = {
  events: 0,
  bytes: 0,
  coalesced: 0,
  undelivered: 0,
  damaged: 0,
  interrupted: false,
};

/** Counts what may go. Changes nothing. */
export async function survey(
  retention: RetentionStore,
  scope: RetentionScope,
  control: JobControl,
): Promise<Collected> {
  let sum = NOTHING_COLLECTED;
  const head = await retention.head();
  for (const span of spansTo(head)) {
    if (control.signal.aborted) return { ...sum, interrupted: true };
    sum = withEvents(sum, await retention.eligible(span, scope));
    control.progress(span.last, head);
    await yieldToOthers();
  }
  return sum;
}

/**
 * Purges what may go, span by span, each its own transaction: a kill between
 * two leaves the first done and the second untouched.
 */
export async function collect(
  retention: RetentionStore,
  scope: RetentionScope,
  now: number,
  control: JobControl,
): Promise<Collected> {
  let sum = NOTHING_COLLECTED;
  const head = await retention.head();
  for (const span of spansTo(head)) {
    if (control.signal.aborted) return { ...sum, interrupted: true };
    const found = await retention.eligible(span, scope);
    if (found.length > 0) {
      const seqs = found.map(({ seq }) => seq);
      const gone = await retention.purge(seqs, scope, { kind: 'gc' }, now);
      sum = { ...withEvents(sum, found), ...added(sum, gone) };
    }
    control.progress(span.last, head);
    await yieldToOthers();
  }
  return sum;
}

/** What really went, in place of what was found. */
export function added(
  sum: Pick<Collected, 'events' | 'bytes' | 'damaged'>,
  gone: Pick<Collected, 'events' | 'bytes' | 'damaged'>,
): Pick<Collected, 'events' | 'bytes' | 'damaged'> {
  return {
    events: sum.events + gone.events,
    bytes: sum.bytes + gone.bytes,
    damaged: sum.damaged + gone.damaged,
  };
}

/** The sum with these events added. */
export function withEvents(sum: Collected, found: readonly EligibleEvent[]): Collected {
  return {
    ...sum,
    events: sum.events + found.length,
    bytes: sum.bytes + found.reduce((bytes, { size }) => bytes + size, 0),
    coalesced: sum.coalesced + found.filter(({ coalesced }) => coalesced).length,
    undelivered: sum.undelivered + found.filter(({ settled }) => !settled).length,
  };
}
