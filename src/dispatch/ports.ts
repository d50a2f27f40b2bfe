import type { Advised } from '../base/advice.js';
/**
 * What a drain needs from the outside: a ledger to claim from and settle in, and
 * a receiver to post to. Declared here, by the one who uses them; ledger and
 * receivers implement them.
 */

/** Why nothing may leave for a target, in the order of precedence. */
export const DRAIN_BLOCKED_REASONS = [
  'saas_disabled',
  'missing_auth',
  'missing_team',
  'private_teamspace_gate',
  'project_not_allowed',
  'missing_project',
  'config_unreadable',
  'no_target',
  'delivery_off',
  'target_retired',
  'daemon_lock',
  'network_unavailable',
] as const;
export type DrainBlockedReason = (typeof DRAIN_BLOCKED_REASONS)[number];

/**
 * What a receiver said of one event, in our words. The ledger decides what it
 * means. `response` is the server's own entry as compact JSON, already bounded
 * and free of secrets.
 */
export type Outcome = (
  | { kind: 'success' | 'duplicate' }
  | { kind: 'pending'; serverState: string }
  | { kind: 'rejected' | 'terminal_failed' | 'transient'; reason: string }
) & { response?: string };

/** Why an event cannot be sent whose bytes gc or redaction has deleted since it was selected. */
export const PAYLOAD_GONE = 'its payload bytes are no longer in the journal';

/** One event as a receiver sees it. `bytes` are the payload bytes, never altered. */
export interface OutboundEvent {
  readonly seq: number;
  readonly eventId: string;
  readonly eventType: string;
  /** The producer's own time text, or null when it gave none. */
  readonly timestamp: string | null;
  readonly bytes: Buffer;
  /** True when the bytes carry this very id at top level and so travel bare. */
  readonly carriesOwnId: boolean;
  /** True when capture has read the bytes as JSON; what was imported may be anything. */
  readonly isJson?: boolean;
  /** A readable reason why no receiver may be given this event, or null. */
  readonly undeliverable: string | null;
  /** 1, and one more for each replay that an operator asked for. */
  readonly generation: number;
  /** Where it comes from; absent for an event of nobody's journal. */
  readonly origin?: ProjectFields;
  /** Epoch milliseconds, for an event of a journal. */
  readonly capturedAt?: number;
  /**
   * Of a first attempt beyond all others: the highest number of which there was one
   * before. What lies between is not for this target, at this time.
   */
  readonly previous?: number;
}

/** What the size of an event on the wire depends on, known without its bytes. */
export type OutboundShape = Pick<
  OutboundEvent,
  'eventId' | 'eventType' | 'timestamp' | 'carriesOwnId' | 'isJson' | 'origin'
> & { readonly size: number };

export interface BatchLimits {
  readonly maxEvents: number;
  /** Bytes of uncompressed JSON of one request body. */
  readonly maxBytes: number;
}

/** Provenance a server may tell of itself; never identity. */
export interface DeploymentMetadata {
  readonly serverInstanceId?: string;
  readonly deploymentId?: string;
  readonly environmentName?: string;
  readonly gitSha?: string;
}

/** What one POST brought back. Facts only: the receiver decides nothing about the ledger. */
export interface DeliveryReport {
  /**
   * One entry for each event of the batch, in its order. `undefined` means the
   * answer held no verdict on that event: it is to be posted again, without
   * those that have one, or in halves when none has.
   */
  readonly outcomes: readonly (Outcome | undefined)[];
  /** What an event without a verdict gets once it stands alone. Set when any is undefined. */
  readonly ifAlone?: Outcome;
  /** Null when no answer arrived. */
  readonly httpStatus: number | null;
  /** Bytes of the request body as sent (compressed). */
  readonly bytesSent: number;
  /** One line for the dispatch log when the batch as a whole failed, or was sent twice. */
  readonly error?: string;
  /** What the answer said that changes no outcome, and that an operator should know. */
  readonly warnings?: readonly AnswerWarning[];
  /** The server asked to be left alone for so long. */
  readonly retryAfterMs?: number;
  /** The server has more to do than it can: fewer requests at once, please. */
  readonly slowDown?: boolean;
  /** The server says that this address is gone for good (410): why the target is retired. */
  readonly gone?: string;
  /** The whole client is refused (412): stop the pass and show this. */
  readonly stop?: string;
  /** Set when the answer shows that a gate is closed. */
  readonly blocked?: DrainBlockedReason;
  /** What is said of that gate; `error` where it is absent. */
  readonly blockedBy?: Advised;
}

/** Something odd in answers. Equal kinds have equal messages, so that they can be added up. */
export interface AnswerWarning {
  readonly message: string;
  /** Of how many events, entries or answers it is true. */
  readonly count: number;
}

/** A sign that the server behind a URL was reset or replaced since it took the deliveries. */
export interface ResetSignalRecord {
  readonly field: string;
  readonly before: string;
  readonly after: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface ClosedGate extends Advised {
  readonly reason: DrainBlockedReason;
}

/** What a target tells of itself before a drain, where it offers that. */
export interface TargetGreeting {
  readonly limits?: BatchLimits;
  readonly metadata?: DeploymentMetadata;
  readonly closed?: ClosedGate;
}

/** A request that was made ready before its time; what it holds is the business of the receiver that made it. */
export interface PreparedRequest {
  /** It is for exactly these, in this order. */
  readonly events: readonly OutboundEvent[];
}

/** What comes before the sending of a request, and what follows it. */
export interface RequestCourse {
  /** Of no consequence where it was prepared for other events. */
  readonly prepared?: PreparedRequest | undefined;
  /** Called when the request is with the operating system as a whole; not by every receiver. */
  readonly onSent?: (() => void) | undefined;
}

/** The code that speaks to one kind of target. Holds no state of the ledger. */
export interface DeliveryReceiver {
  /** Address shown to people; never contains a secret. */
  readonly endpoint: string;
  readonly limits: BatchLimits;
  /** One event in each request, and so many requests at once; undefined: a batch in each, one after the other. */
  readonly requestsAtOnce?: number | undefined;
  /** The first closed gate that can be seen without any network, or undefined. */
  closedGate(): Promise<ClosedGate | undefined>;
  /** At most one short request; silent about everything that is not a well-formed answer. */
  greet(signal: AbortSignal): Promise<TargetGreeting>;
  /** Upper bound of the bytes one event takes in a request body, separators included. */
  wireSize(event: OutboundShape): number;
  /** Why this event can never be sent to this receiver, or undefined. Pure. */
  unsendable(event: OutboundEvent): string | undefined;
  /** Does what can be done before a batch may leave, off the event loop where it takes long. Sends nothing. */
  prepare?(batch: readonly OutboundEvent[]): Promise<PreparedRequest>;
  /**
   * One POST; a second one, where a token had to be renewed or a kept connection
   * was reset, only after asking whether all of the batch may still leave. Never rejects for anything a
   * server or network can do.
   */
  deliver(
    batch: readonly OutboundEvent[],
    signal: AbortSignal,
    mayStillLeave?: () => Promise<boolean>,
    course?: RequestCourse,
  ): Promise<DeliveryReport>;
  close(): Promise<void>;
}

/** The proof of being the one who drains a target: writes with another token are dropped. */
export interface Lease {
  readonly targetId: number;
  readonly token: string;
}

/** One run over a target. It ends at the journal head it started with. */
export interface Pass {
  readonly lease: Lease;
  readonly passNo: number;
  /** The newest event that was in the journal when the pass began. */
  readonly head: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Events that a crash had left in flight; they are due again in this pass. */
  readonly recovered: number;
  /** The health of the target as the last drain left it. */
  readonly health: TargetHealth;
}

/**
 * How far an event is kept apart from others: `any` shares a batch with all,
 * `suspect` with suspects of a refused batch, `alone` with none
 * (docs/protocol.md, "Other answers").
 */
export type BatchIsolation = 'any' | 'suspect' | 'alone';

/** What the project rules depend on; null means none was given. */
export interface ProjectFields {
  readonly projectUuid: string | null;
  readonly repoSlug: string | null;
  readonly checkout: string | null;
}

/** All that permission to leave and the filters of a target depend on. */
export interface OriginFields extends ProjectFields {
  readonly eventType: string;
}

/** The target never gets events of this origin, by its own choice of types: nothing holds them. */
export type Excluded = 'excluded';

/** Why events of this origin may not leave for the target, or null when they may. */
export type Permission = (origin: OriginFields) => DrainBlockedReason | Excluded | null;

/**
 * What may leave right now: asked before every request, as the operator may
 * have said something else since the last one. A closed gate stops everything;
 * `heldBy` then counts what waits behind it (left out: all of it is held).
 */
export type PermissionNow = Permission | (ClosedGate & { readonly heldBy?: Permission });

export interface ClaimRequest {
  readonly limits: BatchLimits;
  wireSize(event: OutboundShape): number;
  /**
   * The permission that was given last: asked for every origin, inside the selection, before its
   * limit. Each post asks for the one in force then.
   */
  readonly heldBy: Permission;
  /** Retries whose time has not come are taken too (an operator's `now`). */
  readonly ignoreBackoff: boolean;
  /** Only what the target has accepted and not yet decided about. */
  readonly pendingOnly?: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A batch that is durably in flight until it is settled. */
export interface Claim {
  readonly claimId: string;
  readonly isolation: BatchIsolation;
  readonly events: readonly ClaimedEvent[];
}

export interface ClaimedEvent extends OutboundEvent {
  readonly originId: number;
  /** What permission to leave depends on, to be asked again before each post. */
  readonly origin: OriginFields;
  /** True when the claim moved its lane's cursor over it: nothing else names it yet. */
  readonly first: boolean;
  readonly size: number;
  /** True when it may have left this machine before. */
  readonly attempted: boolean;
}

/** The verdict on one claimed event, as it goes into the ledger. */
export interface Settlement {
  readonly event: ClaimedEvent;
  readonly outcome: Outcome;
  /** False when the event was judged without being posted. */
  readonly posted: boolean;
  /** With whom it may be posted next time; `any` unless bisecting learned otherwise. */
  readonly isolation: BatchIsolation;
  /** Due at once, without backoff: the verdict was not about the event. */
  readonly dueNow: boolean;
}

/** One POST for the dispatch log, or several of one event each that were settled together. */
export interface PostRecord {
  readonly startedAt: number;
  readonly durationMs: number;
  readonly events: readonly ClaimedEvent[];
  readonly report: DeliveryReport;
  /** How many requests this is about, where several of one event each are logged together. */
  readonly requests?: number;
}

/** The health of a target as a drain leaves it. */
export interface TargetHealth {
  /** Batches in a row that ended transient as a whole. */
  readonly circuitFailures: number;
  readonly circuitOpenUntil: number | null;
  /** Retry-After of the server, in epoch milliseconds. */
  readonly resumeAt: number | null;
  /** Batches without any answer, less those that got one since. */
  readonly silentTimes: number;
  readonly blockedReason: DrainBlockedReason | null;
  readonly blockedMessage: string | null;
}

export interface SettleRequest {
  readonly settlements: readonly Settlement[];
  readonly post?: PostRecord;
  readonly health: TargetHealth;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly deploymentRef: number | null;
}

/** What still waits for a target, from counters. */
export interface Backlog {
  /** Never attempted and permitted. */
  readonly unsent: number;
  /** Never attempted and not permitted, by the reason. */
  readonly held: Readonly<Partial<Record<DrainBlockedReason, number>>>;
  /** Never attempted, and never will be: of a type that the target does not get, or before its first event. */
  readonly excluded: number;
  /** Retries that are not permitted, by the reason. */
  readonly heldRetries: Readonly<Partial<Record<DrainBlockedReason, number>>>;
  /** Retries, replays included, that are permitted. */
  readonly retryable: number;
}

/** The ledger as a drain uses it. Each method is one atomic transaction. */
export interface DeliveryLedger {
  /** Takes the place of any earlier holder. The caller holds the target's lock. */
  takeLease(targetId: number, holder: string): Promise<Lease>;
  /** Settles what a crash left in flight, then opens the next pass. */
  beginPass(lease: Lease, now: number): Promise<Pass>;
  /** One atomic unit: what is claimed here is in flight until it is settled. Undefined: nothing left. */
  claim(pass: Pass, request: ClaimRequest): Promise<Claim | undefined>;
  /**
   * Reads what such a claim would take after the one in hand, where these are
   * first attempts alone. Changes nothing: the claim that follows selects again,
   * and uses what was read for the events that it finds again.
   */
  lookAhead(pass: Pass, request: ClaimRequest): Promise<readonly ClaimedEvent[] | undefined>;
  /**
   * Claims what `lookAhead` has read, exactly that, while the verdicts on a claim of
   * first attempts are not written yet: both are in flight until they are
   * settled. More can be claimed behind the same claim, also when part of it is
   * settled. Undefined, and nothing has changed, when a claim would take others.
   */
  claimBehind(pass: Pass, claim: Claim, request: ClaimRequest): Promise<Claim | undefined>;
  /**
   * Records verdicts, the post that brought them, and the target's health in
   * one unit. False when the lease or the flight has moved on: nothing changed.
   */
  settle(pass: Pass, claim: Claim, request: SettleRequest): Promise<boolean>;
  /**
   * Asked just before a post: which of these events were redacted since they
   * were claimed. Undefined when the lease or the flight has moved on: nothing
   * of this claim may be posted any more.
   */
  redactedOf(
    pass: Pass,
    claim: Claim,
    events: readonly ClaimedEvent[],
  ): Promise<ReadonlySet<number> | undefined>;
  /**
   * Gives claimed events back that were not posted: no attempt is counted, no
   * row changes, and each can be selected again. False as for `settle`.
   */
  release(pass: Pass, claim: Claim, events: readonly ClaimedEvent[]): Promise<boolean>;
  /** Leaves the target's health as given and lets go of the lease. */
  endPass(pass: Pass, health: TargetHealth, now: number): Promise<void>;
  /**
   * Counts what waits, without changing anything. `newStart` is the first event
   * that the target is about to get, where that is not as it is stored.
   */
  backlog(targetId: number, heldBy: Permission, newStart?: number | null): Promise<Backlog>;
  /** Records why nothing may leave for a target, or that nothing stands in the way (null). */
  noteBlocked(targetId: number, gate: ClosedGate | null): Promise<void>;
}
