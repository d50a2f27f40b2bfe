import type { DurabilityRule } from './durability.js';
import { familyOf } from './families.js';

/** What capture does with one event before it writes. */
export type Disposition =
  | { readonly act: 'keep' }
  | { readonly act: 'discard'; readonly family: string }
  /** `refuse` journals it all the same; `audit` keeps its bytes in the audit log alone. */
  | { readonly act: 'refuse' | 'audit'; readonly family: string; readonly reason: string };

export interface DiscardPolicy {
  /** False under OPT_OUT. */
  readonly retention: boolean;
  /** `[sync.families]`. */
  readonly families: ReadonlyMap<string, DurabilityRule>;
  /** The operator would rather have it in the audit log than in the journal. */
  readonly auditDiscard: boolean;
}

/**
 * Nothing is dropped but what was registered as droppable: events of families
 * that are kept, and events nobody knows, are refused the discard.
 */
export function dispose(eventType: string, policy: DiscardPolicy): Disposition {
  if (policy.retention) return { act: 'keep' };
  const { family, rule } = familyOf(eventType, policy.families);
  switch (rule) {
    case 'local_only':
    case 'discardable':
      return { act: 'discard', family };
    case 'teamspace_bound':
      return undroppable(policy, family, `${eventType} is of a family that is kept`);
    case 'unknown':
      return undroppable(policy, family, `${eventType} is of no known family`);
  }
}

function undroppable(policy: DiscardPolicy, family: string, why: string): Disposition {
  return policy.auditDiscard
    ? { act: 'audit', family, reason: `${why}: kept out of the journal, its bytes are here` }
    : { act: 'refuse', family, reason: `${why}: it may not be discarded, it was journaled` };
}
