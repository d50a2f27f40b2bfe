import { countedCauses } from './causes.js';
import { type Counts, countsAt } from './counts.js';
import type { CountedCause } from './ledger-section.js';
import { balance } from './target-terms.js';

/** What a target should have and does not: only redacted, replaced and coalesced events are not owed. */
export interface Undelivered {
  readonly unsent: number;
  readonly held: number;
  readonly pending: number;
  readonly rejected: number;
  readonly transient: number;
  readonly terminal: number;
  /** Only in an archive, and never given to this target. */
  readonly archived: number;
  /** Purged before this target had them. */
  readonly purged: number;
  /** Delivered, and marked to be delivered again. */
  readonly replay: number;
}

/** What a counted target lacks, and why; of `NO_TARGET`, what any new target lacks: everything is unsent. */
export function undeliveredAt(
  counts: Counts,
  targetId: number,
): { readonly undelivered: Undelivered; readonly causes: readonly CountedCause[] } {
  const at = countsAt(counts, targetId);
  const { unsent, held, pending, rejected, transient, terminal, archived, purged } = balance(
    counts,
    at,
  );
  const replay = at.replayMarked;
  return {
    undelivered: { unsent, held, pending, rejected, transient, terminal, archived, purged, replay },
    causes: countedCauses(at.causes),
  };
}

/** Whether nothing is lacking. */
export const isComplete = (undelivered: Undelivered): boolean =>
  Object.values(undelivered).every((events) => events === 0);
