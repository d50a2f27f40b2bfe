/** What is known of one revision at one target. */
export interface RevisionFacts {
  readonly revision: number;
  readonly inFlight: boolean;
  /** Null: it has no delivery there. */
  readonly status: string | null;
  readonly attempts: number;
  /** Only what was delivered is replayed. */
  wasReplayed(): boolean;
  /** Posts after which the target is known not to have taken it. */
  refusals(): number;
}

const ACCEPTED = ['success', 'duplicate', 'pending'];

/** Why a revision is or may be at the target; undefined when it cannot be. */
export function arrival(facts: RevisionFacts): string | undefined {
  const { revision, inFlight, status, attempts } = facts;
  if (inFlight) return `revision ${revision} may have arrived: it is on the wire`;
  if (status === null || status === 'withheld') return undefined;
  if (ACCEPTED.includes(status) || facts.wasReplayed()) return `revision ${revision} was delivered`;
  if (attempts > facts.refusals())
    return `revision ${revision} may have arrived: an attempt ended without an answer`;
  return undefined;
}

/** Said of a target that receives a new revision. */
export const NONE_ARRIVED = 'no earlier revision can have arrived there';

/** The rows of a replacement, as the journal has written them. */
export interface Replacement {
  readonly seq: number;
  readonly replaced: number;
  /** The class the replaced row left; null when it keeps the one it has. */
  readonly from: 'live' | 'archived' | null;
}
