/**
 * What a transaction may change, in the order in which locks are taken (so that
 * no two transactions can wait for each other):
 *
 * - `journal`: events, conflicts, audit, targets as a list, and all else that is
 *   not of one target. One transaction of all processes at a time.
 * - `classes`: whether events are live. Whoever takes an event out of selection
 *   holds it alone, with `journal`; who claims, settles or requeues shares it.
 * - `{ target }`: lease, lanes, todo, deliveries, flight and counters of one target.
 */
export type Lock = 'journal' | 'classes' | 'classes shared' | { readonly target: number };

/** Numbers of the locks of one journal, as advisory locks and as rows of `change`. */
export const LANES = { journal: 0, classes: 1, schema: 2, firstTarget: 16 } as const;

export interface LockNumber {
  readonly lane: number;
  readonly shared: boolean;
}

/** In the order in which they must be taken. */
export function lockNumbers(locks: readonly Lock[]): LockNumber[] {
  return locks
    .map((lock) => {
      if (typeof lock === 'object') return { lane: LANES.firstTarget + lock.target, shared: false };
      return lock === 'journal'
        ? { lane: LANES.journal, shared: false }
        : { lane: LANES.classes, shared: lock === 'classes shared' };
    })
    .sort((a, b) => a.lane - b.lane);
}

/** Takes one lock until the transaction ends; `@space` tells journals of one database apart. */
export const LOCK = 'SELECT pg_advisory_xact_lock(@space::int, @lane::int)';
export const LOCK_SHARED = 'SELECT pg_advisory_xact_lock_shared(@space::int, @lane::int)';
