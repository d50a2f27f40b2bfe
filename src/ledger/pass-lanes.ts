import type { BatchIsolation, ClaimRequest, OriginFields, Pass } from '../dispatch/ports.js';
import { LaneHeap } from './lane-heap.js';
import type { LaneHead, Merged } from './lane-merge.js';
import { type OriginColumns, originFields } from './origins.js';

/** Companies of retries, in the order in which a pass takes them. */
export const ISOLATIONS: readonly BatchIsolation[] = ['any', 'suspect', 'alone'];

/** Retries that are due, that this pass has not tried, or that the target has not decided about. */
export type RetryKind = 'due' | 'untried' | 'pending';

/** Which retries a request asks for. */
export function retriesWanted({ pendingOnly, ignoreBackoff }: ClaimRequest): RetryKind {
  if (pendingOnly === true) return 'pending';
  return ignoreBackoff ? 'untried' : 'due';
}

/** What every statement on retries is given. */
export function retryParameters(pass: Pass, request: ClaimRequest) {
  return {
    targetId: pass.lease.targetId,
    passNo: pass.passNo,
    head: pass.head,
    dueBy: Math.min(pass.startedAt, request.now),
  };
}

/** An origin with its first event that was never attempted, as far as it has one. */
export interface UnsentLane extends OriginColumns {
  readonly firstUnsent: number | null;
}

/**
 * The lanes in which one pass may still find something, so that a claim looks
 * at those alone: what it costs depends on its batch, however many origins
 * there are. Holds where to look, never what to send: a claim reads each lane
 * it takes from inside its transaction. A pass adds nothing to a lane but by
 * giving events back, and then its lanes are read again.
 */
export class PassLanes {
  readonly #asked: Pick<ClaimRequest, 'heldBy'>;
  readonly #kind: RetryKind;
  readonly #dueBy: number;
  /** Lanes that are permitted and have events that were never attempted. */
  readonly unsent = new LaneHeap<LaneHead>();
  readonly #retries = new Map<BatchIsolation, Set<number>>(
    ISOLATIONS.map((one) => [one, new Set()]),
  );
  /** Of the lanes that were added. */
  readonly #origins = new Map<number, OriginFields>();
  #taken: Merged = { events: [], lanes: [] };
  #allFitted = true;

  constructor(pass: Pass, request: ClaimRequest) {
    this.#asked = { heldBy: request.heldBy };
    this.#kind = retriesWanted(request);
    this.#dueBy = retryParameters(pass, request).dueBy;
  }

  /** False when other lanes may be looked at now than those that were read. */
  serves(pass: Pass, request: ClaimRequest): boolean {
    const { dueBy } = retryParameters(pass, request);
    const asksTheSame = retriesWanted(request) === this.#kind && dueBy === this.#dueBy;
    return asksTheSame && request.heldBy === this.#asked.heldBy;
  }

  /** Origins with retries of this isolation; who finds none takes the origin out. */
  retries(isolation: BatchIsolation): Set<number> {
    return this.#retries.get(isolation) as Set<number>;
  }

  /** The fields of an origin whose lane was added. */
  originOf(originId: number): OriginFields {
    return this.#origins.get(originId) as OriginFields;
  }

  /** Whether the last claim that took something had room for all that was merged for it. */
  get allFitted(): boolean {
    return this.#allFitted;
  }

  /** What a claim has merged out of `unsent`; `putBack` follows. */
  take(merged: Merged): Merged['events'] {
    this.#taken = merged;
    return merged.events;
  }

  /**
   * Lanes of a claim wait again: at the first event that did not fit in, or where
   * it stopped reading. A claim takes the first `claimed` of what was merged.
   */
  putBack(claimed: number): void {
    if (claimed > 0) this.#allFitted = claimed === this.#taken.events.length;
    const next = new Map(this.#taken.lanes.map((lane) => [lane.originId, lane.next]));
    for (const { originId, seq } of this.#taken.events.slice(claimed))
      next.set(originId, Math.min(seq, next.get(originId) ?? seq));
    this.#taken = { events: [], lanes: [] };
    for (const [originId, from] of next)
      if (from !== Number.POSITIVE_INFINITY) this.unsent.push({ originId, next: from });
  }

  /** Those of a page of origins that may leave and have something that was never sent. */
  addUnsent(page: readonly UnsentLane[]): void {
    for (const lane of page)
      if (lane.firstUnsent !== null && this.mayLeave(lane)) {
        this.#origins.set(lane.originId, originFields(lane));
        this.unsent.push({ originId: lane.originId, next: lane.firstUnsent });
      }
  }

  /** An origin that may leave and has retries of this isolation. */
  addRetries(isolation: BatchIsolation, lane: OriginColumns): void {
    this.#origins.set(lane.originId, originFields(lane));
    this.retries(isolation).add(lane.originId);
  }

  mayLeave(lane: OriginColumns): boolean {
    return this.#asked.heldBy(originFields(lane)) === null;
  }
}
