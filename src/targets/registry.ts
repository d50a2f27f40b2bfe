import type { Address } from '../address/address.js';
import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
import type { TargetSettings } from '../config/target-settings.js';
import type {
  DeploymentMetadata,
  DrainBlockedReason,
  ResetSignalRecord,
} from '../dispatch/ports.js';

export type { ResetSignalRecord, TargetSettings };

export type TargetKind = 'teamspace' | 'external' | 'stub' | 'module';

/** What makes a target that target. */
export interface TargetKey {
  readonly urlHash: string;
  readonly teamSlug: string;
  readonly userEmail: string;
}

export interface TargetDescription extends TargetKey {
  readonly kind: TargetKind;
  /** The canonical address as people may see it: without the values of its query. */
  readonly canonicalUrl: string;
  /** The address as the operator wrote it. */
  readonly rawEndpoint: Address;
  readonly settings: TargetSettings;
  /** What people call it, where they have said so: a new target without one gets the name of its team or host. */
  readonly name?: string | undefined;
  /** Settings that config.toml does not give: a known target keeps those it has. */
  readonly unsaid?: readonly (keyof TargetSettings)[] | undefined;
}

/** One known target with what the last drain left on it. Times in epoch milliseconds. */
export interface TargetRecord extends TargetDescription {
  readonly id: number;
  /** Unique. */
  readonly name: string;
  /** The first event it gets: what came before is excluded unless it was attempted already. */
  readonly startSeq: number;
  readonly label: string | null;
  readonly createdAt: number;
  readonly retiredAt: number | null;
  readonly passNo: number;
  readonly leaseHolder: string | null;
  readonly circuitFailures: number;
  readonly circuitOpenUntil: number | null;
  readonly resumeAt: number | null;
  readonly blockedReason: DrainBlockedReason | null;
  readonly blockedMessage: string | null;
  readonly deployment: DeploymentMetadata | null;
  readonly resetSignal: ResetSignalRecord | null;
  readonly lastDrainedAt: number | null;
  /** Whether it reads gzip, as its answers told; null while that is not known. */
  readonly readsGzip: boolean | null;
}

/** Everything known about targets. Rows are never deleted: deliveries name them. */
export interface TargetRegistry {
  /**
   * The row of this identity, made on first sight. Its endpoint, its name and the settings that
   * the description gives follow it; the others stay. Another target that had the name keeps
   * working as `NAME-old`, or with a number behind that. A target is made with its start, in one
   * transaction; another `from` moves the start of a known one, as `startAt` does, and is
   * stored when that is done, so that a call after a kill goes on.
   *
   * @throws UnusableStartError for a `from` that is not all, now or a time that has come.
   */
  ensure(description: TargetDescription, now: number): Promise<TargetRecord>;
  find(id: number): Promise<TargetRecord | undefined>;
  findByKey(key: TargetKey): Promise<TargetRecord | undefined>;
  /** First seen first, retired ones included. */
  list(): Promise<TargetRecord[]>;
  /**
   * Notes what a server told of itself and raises a reset signal where it
   * changed. Returns the deployment to record with deliveries; null when none is known.
   */
  noteDeployment(id: number, metadata: DeploymentMetadata, now: number): Promise<number | null>;
  /**
   * The sequence number of the first event that `from` means: 0 for all, the next one for now,
   * the first that was captured at or after a time.
   *
   * @throws UnusableStartError
   */
  startSeqOf(from: string | undefined, now: number): Promise<number>;
  /**
   * Makes `seq` the first event that a target gets. Later than before: what lies between and
   * was never attempted is excluded. Earlier: what was excluded and lies behind is selected in
   * the next pass; nothing else is looked at. What was attempted stays what it is. In pages,
   * each whole with its counters; the event loop gets a turn after each.
   */
  startAt(id: number, seq: number, now: number): Promise<void>;
  /**
   * Gives a known target this name. One that had it keeps working as `NAME-old`,
   * or with a number behind that.
   */
  rename(id: number, name: string): Promise<void>;
  /**
   * The same receiver, moved: the row gets the identity and address of the description, and
   * keeps everything that was delivered.
   *
   * @throws AddressTakenError when another target is there.
   */
  move(id: number, description: TargetDescription): Promise<void>;
  /** Remembers whether a target reads gzip. */
  noteGzip(id: number, readsGzip: boolean): Promise<void>;
  /** A remark for people; null takes it away. */
  label(id: number, label: string | null): Promise<void>;
  /** Takes the reset signal away: an operator has seen it. */
  acknowledge(id: number): Promise<void>;
  /** Retired targets are drained no more and no longer keep gc waiting. Doing it twice changes nothing. */
  retire(id: number, now: number): Promise<void>;
  /** Takes a retirement back. */
  restore(id: number): Promise<void>;
}

/** Two targets cannot have one address. */
export class AddressTakenError extends RedrainError {
  override readonly name = 'AddressTakenError';
  readonly code = 'TARGET_ADDRESS_TAKEN';
  override readonly exitCode = EXIT.usage;
  override readonly advice: string;
  constructor(
    readonly address: string,
    readonly target: string,
  ) {
    super(`${address} is the address of the target ${target}`);
    this.advice = `\`redrain targets rename ${target} NAME\` gives that one another name`;
  }
}

/** A retired target gets nothing until it is restored: gc no longer waits for it. */
export class RetiredTargetError extends RedrainError {
  override readonly name = 'RetiredTargetError';
  readonly code = 'TARGET_RETIRED';
  override readonly exitCode = EXIT.usage;
  override readonly advice: string;
  constructor(
    readonly targetId: number,
    readonly target: string,
  ) {
    super(`the target ${target} is retired and gets nothing`);
    this.advice = `\`redrain targets restore ${target}\` brings it back`;
  }
}

/** @throws RetiredTargetError */
export function assertNotRetired({
  id,
  name,
  retiredAt,
}: Pick<TargetRecord, 'id' | 'name' | 'retiredAt'>): void {
  if (retiredAt !== null) throw new RetiredTargetError(id, name);
}
