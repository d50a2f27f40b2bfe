/**
 * Signs that the journal of an edge is not the one that it was. `restored`: it
 * sends as new what is here already. `diverged`: one of its numbers stands for
 * another event than it did. `cloned`: two copies of the home send in turns.
 */
export const EDGE_FAULTS = ['restored', 'diverged', 'cloned'] as const;
export type EdgeFaultKind = (typeof EDGE_FAULTS)[number];

export interface EdgeFault {
  readonly kind: EdgeFaultKind;
  /** The first number at which it was seen. */
  readonly number: number;
  /** At how many numbers; of a clone, in how many requests. */
  readonly times: number;
  /** Epoch milliseconds, as all times here. */
  readonly firstFoundAt: number;
  readonly lastFoundAt: number;
}

/** A home that sends to this one. Numbers are sequence numbers of its journal. */
export interface EdgeRecord {
  readonly id: number;
  /** The home id that it sends. */
  readonly home: string;
  /** The name of its token, or null. */
  readonly name: string | null;
  readonly host: string;
  /** The highest number that is known here. */
  readonly high: number;
  /** All numbers up to it are here, or kept at the edge on purpose. */
  readonly complete: number;
  /** How many of its numbers are here. */
  readonly received: number;
  /** How many the edge keeps to itself: held, or not for this hub. */
  readonly excluded: number;
  /** How many are neither: sent and not here yet, or lost. */
  readonly missing: number;
  /** Milliseconds from capture at the edge until the last request left it; null when it does not say. */
  readonly lagMs: number | null;
  /** Milliseconds by which its clock is ahead of ours. */
  readonly clockMs: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly faults: readonly EdgeFault[];
}

/** One copy of the home of an edge. */
export interface EdgeInstance {
  readonly instance: string;
  readonly host: string;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

export interface EdgeDetails extends EdgeRecord {
  /** Missing numbers, ascending; `gapsLeft` more ranges are not listed. */
  readonly gaps: readonly (readonly [first: number, last: number])[];
  readonly gapsLeft: number;
  /** The copy that sent last stands first. */
  readonly instances: readonly EdgeInstance[];
}

/** Which edge an event came from, under which of its numbers. */
export interface EdgePlace {
  readonly home: string;
  readonly name: string | null;
  readonly number: number;
}

/**
 * What a hub knows of its edges. It is written by `append` of the journal, in the
 * transaction of the events that carry an `arrival`: what is said to be here is
 * here, and what is here is known.
 */
export interface EdgeStore {
  /** Every edge, by the time of its first request. */
  list(): Promise<EdgeRecord[]>;
  /** By its number, home id or name; of several with one name the one seen last. Lists at most `gaps` gaps. */
  find(which: string, gaps: number): Promise<EdgeDetails | undefined>;
  /** Forgets the faults of an edge: an operator has seen them. Returns how many there were. */
  acknowledge(id: number): Promise<number>;
  /**
   * Binds a token, by its SHA-256 in hexadecimal, to the home that uses it first.
   * Returns the home it is bound to from now on, durably.
   */
  bind(sha256: string, home: string): Promise<string>;
  /** The edges that an event came from, with this content; none where it was captured here. */
  placesOf(seq: number): Promise<EdgePlace[]>;
  /** The edges that sent the other content of a conflict. */
  sendersOf(conflictId: number): Promise<EdgePlace[]>;
}
