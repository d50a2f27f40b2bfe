import type { SeqSpan } from './retention-store.js';

/** Sequence numbers looked at in one transaction: about 8 ms of work where everything may go. */
export const SPAN = 250;

/** The whole journal in spans of neighbours, from `first` to `head`. Finding candidates costs one look at each event. */
export function* spansTo(head: number, size = SPAN): Generator<SeqSpan> {
  for (let first = 1; first <= head; first += size)
    yield { first, last: Math.min(first + size - 1, head) };
}
