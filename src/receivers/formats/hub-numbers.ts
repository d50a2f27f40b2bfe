import type { OutboundEvent } from '../../dispatch/ports.js';
import type { HubHead, HubOrigin } from '../../edges/hub-head.js';

/** What a request says of the numbers of its events. */
export type Numbers = Pick<HubHead, 'range' | 'after' | 'excluded' | 'again'>;

/**
 * Between an event that is sent for the first time and the one before it lies what
 * this target does not get, at this time: the selection has passed over it.
 */
export function numbersOf(batch: readonly Pick<OutboundEvent, 'seq' | 'previous'>[]): Numbers {
  const excluded: [number, number][] = [];
  const again: [number, number][] = [];
  let after: number | null = null;
  let before = Number.POSITIVE_INFINITY;
  for (const { seq, previous } of batch) {
    if (previous === undefined) {
      addTo(again, seq);
      continue;
    }
    // What was claimed with these and may not leave any more is not in the batch.
    const from = Math.min(previous, before);
    after ??= from;
    if (seq - from > 1) excluded.push([from + 1, seq - 1]);
    before = seq;
  }
  const range = batch.length === 0 ? null : rangeOf(batch.map(({ seq }) => seq));
  return { range, after, excluded, again };
}

function addTo(ranges: [number, number][], number: number): void {
  const last = ranges.at(-1);
  if (last !== undefined && last[1] === number - 1) last[1] = number;
  else ranges.push([number, number]);
}

const rangeOf = (numbers: readonly number[]): [number, number] => [
  Math.min(...numbers),
  Math.max(...numbers),
];

/** The origins of a request, each once. */
export class OriginTable {
  readonly rows: HubOrigin[] = [];
  readonly #places = new Map<string, number>();

  /** The place of the origin of an event. */
  placeOf({ origin, eventType }: Pick<OutboundEvent, 'origin' | 'eventType'>): number {
    const { projectUuid = null, repoSlug = null, checkout = null } = origin ?? {};
    const row: HubOrigin = [projectUuid, repoSlug, checkout, eventType];
    const key = JSON.stringify(row);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.rows.length);
    return this.rows.push(row) - 1;
  }
}
