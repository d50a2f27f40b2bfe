import { causeOf } from './cause-text.js';
import type { DeliveryStatus } from './transition.js';

/** Texts with a row of their own, for each target and status; all others share the empty one. */
export const MOST_CAUSES = 20;

const CAUSED: ReadonlySet<DeliveryStatus> = new Set([
  'rejected',
  'failed_transient',
  'terminal_failed',
]);

/** Events at one target that have a status for one cause. */
export interface CauseCount {
  readonly text: string;
  readonly events: number;
}

/** Live events that are not delivered, by the error they carry. */
export interface CausedEvents {
  readonly targetId: number;
  readonly status: DeliveryStatus;
  readonly error: string | null;
  readonly events: number;
}

/** Events that no longer have a cause, and events that have it now. */
export interface CauseChange {
  readonly text: string;
  readonly left: number;
  readonly came: number;
}

/** All changes of the causes of one status at one target. */
export interface CauseGroup {
  readonly targetId: number;
  readonly status: DeliveryStatus;
  readonly changes: readonly CauseChange[];
}

/** Changes of the causes of live events in one unit of work. */
export class CauseChanges {
  readonly #groups = new Map<string, Group>();

  add(targetId: number, status: DeliveryStatus, error: string | null, events: number): void {
    if (!CAUSED.has(status)) return;
    const id = `${targetId} ${status}`;
    const group = this.#groups.get(id) ?? { targetId, status, byText: new Map() };
    this.#groups.set(id, group);
    const text = causeOf(error);
    const change = group.byText.get(text) ?? { text, left: 0, came: 0 };
    group.byText.set(text, change);
    if (events < 0) change.left -= events;
    else change.came += events;
  }

  get groups(): CauseGroup[] {
    return [...this.#groups.values()].map(({ byText, ...group }) => ({
      ...group,
      changes: [...byText.values()],
    }));
  }
}

interface Group extends Omit<CauseGroup, 'changes'> {
  readonly byText: Map<string, { text: string; left: number; came: number }>;
}

/**
 * The rows of one status at one target after its changes. What leaves makes room for
 * what comes. The two are not offset against each other: so an event whose cause was
 * not recorded gets one with its next verdict. Pure.
 */
export function causesAfter(
  rows: readonly CauseCount[],
  changes: readonly CauseChange[],
): Map<string, number> {
  const after = new Map(rows.map(({ text, events }) => [text, events]));
  for (const { text, left } of changes) if (left > 0) takeFrom(after, text, left);
  for (const { text, came } of changes) if (came > 0) addTo(after, text, came);
  return after;
}

function addTo(rows: Map<string, number>, text: string, events: number): void {
  const named = rows.size - (rows.has('') ? 1 : 0);
  const place = rows.has(text) || named < MOST_CAUSES ? text : '';
  rows.set(place, (rows.get(place) ?? 0) + events);
}

/**
 * From the row of its own text first: a row never counts more than there are,
 * so what is missing there was counted under the empty text. The others come
 * last, for texts that another version of redrain wrote: the sum always holds.
 */
function takeFrom(rows: Map<string, number>, text: string, events: number): void {
  const others = [...rows]
    .filter(([one]) => one !== '' && one !== text)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([one]) => one);
  let left = events;
  for (const place of new Set([text, '', ...others])) {
    const there = rows.get(place) ?? 0;
    const taken = Math.min(left, there);
    left -= taken;
    if (taken > 0 && taken === there) rows.delete(place);
    else if (taken > 0) rows.set(place, there - taken);
    if (left === 0) return;
  }
}
