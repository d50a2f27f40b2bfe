/**
 * What a drain needs from the outside: a ledger to claim from and settle in,
 * and a receiver to post to. Declared here, by the one who uses them; ledger
 * and receivers implement them (STYLE: the consumer declares the port).
 */

/** Why nothing may leave for a target, in the order of precedence (SPEC section 4). */
export const DRAIN_BLOCKED_REASONS = [
  'saas_disabled',
  'missing_auth',
  'missing_team',
  'private_teamspace_gate',
  'project_not_allowed',
  'missing_project',
  'config_unreadable',
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
  /** A readable reason why no receiver may be given this event (LEGACY.md), or null. */
  readonly undeliverable: string | null;
}

/** What the size of an event on the wire depends on, known without its bytes. */
export type OutboundShape = Pick<
  OutboundEvent,
  'eventId' | 'eventType' | 'timestamp' | 'carriesOwnId'
> & { readonly size: number };

export interface BatchLimits {
  readonly maxEvents: number;
  /** Bytes of uncompressed JSON of one request body. */
  readonly maxBytes: number;
}

/** Provenance a server may tell of itself; never identity (SPEC section 3). */
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
  /** One line for the dispatch log when the batch as a whole failed. */
  readonly error?: string;
  /** The server asked to be left alone for so long (429, 503). */
  readonly retryAfterMs?: number;
  /** The whole client is refused (412): stop the pass and show this. */
  readonly stop?: string;
  /** Evidence in the answer that a gate is closed. */
  readonly blocked?: DrainBlockedReason;
}

export interface ClosedGate {
  readonly reason: DrainBlockedReason;
  /** What is closed and what to do next, for a person. */
  readonly message: string;
}

/** What a target tells of itself before a drain, where it offers that. */
export interface TargetGreeting {
  readonly limits?: BatchLimits;
  readonly metadata?: DeploymentMetadata;
  readonly closed?: ClosedGate;
}

/** The code that speaks to one kind of target. Holds no state of the ledger. */
export interface DeliveryReceiver {
  /** Address shown to people; never contains a secret. */
  readonly endpoint: string;
  readonly limits: BatchLimits;
  /** The first closed gate that can be seen without any network, or undefined. */
  closedGate(): Promise<ClosedGate | undefined>;
  /** At most one short request; silent about everything that is not a well-formed answer. */
  greet(signal: AbortSignal): Promise<TargetGreeting>;
  /** Upper bound of the bytes one event takes in a request body, separators included. */
  wireSize(event: OutboundShape): number;
  /** Why this event can never be sent to this receiver, or undefined. Pure. */
  unsendable(event: OutboundEvent): string | undefined;
  /** One POST. Never rejects for anything a server or network can do. */
  deliver(batch: readonly OutboundEvent[], signal: AbortSignal): Promise<DeliveryReport>;
  close(): Promise<void>;
}
