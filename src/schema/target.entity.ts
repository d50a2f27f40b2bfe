import { Check, Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** One endpoint identity: canonical URL + team + user. */
@Entity('target')
@Unique('uq_target_identity', ['urlHash', 'teamSlug', 'userEmail'])
@Index('uq_target_name', ['name'], { unique: true })
@Check('ck_target_kind', `kind IN ('teamspace', 'external', 'stub', 'module')`)
export class Target {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'url_hash', type: 'text' })
  urlHash!: string;

  @Column({ name: 'team_slug', type: 'text' })
  teamSlug!: string;

  @Column({ name: 'user_email', type: 'text' })
  userEmail!: string;

  @Column({ type: 'text' })
  kind!: string;

  @Column({ name: 'canonical_url', type: 'text' })
  canonicalUrl!: string;

  /** The endpoint as the operator wrote it. */
  @Column({ name: 'raw_endpoint', type: 'text' })
  rawEndpoint!: string;

  @Column({ type: 'text', nullable: true })
  label!: string | null;

  /** How to speak to it and where its secrets are found, as JSON; never a secret. */
  @Column({ type: 'text' })
  settings!: string;

  @Column({ name: 'created_at', type: 'integer' })
  createdAt!: number;

  @Column({ name: 'retired_at', type: 'integer', nullable: true })
  retiredAt!: number | null;

  /** The number of the pass that runs now or ran last. */
  @Column({ name: 'pass_no', type: 'integer', default: 0 })
  passNo!: number;

  /** Who drains it: informs and fences; the lock file decides. */
  @Column({ name: 'lease_token', type: 'text', nullable: true })
  leaseToken!: string | null;

  @Column({ name: 'lease_holder', type: 'text', nullable: true })
  leaseHolder!: string | null;

  /** Transient batches in a row. */
  @Column({ name: 'circuit_failures', type: 'integer', default: 0 })
  circuitFailures!: number;

  @Column({ name: 'circuit_open_until', type: 'integer', nullable: true })
  circuitOpenUntil!: number | null;

  /** The server asked to be left alone until then (Retry-After). */
  @Column({ name: 'resume_at', type: 'integer', nullable: true })
  resumeAt!: number | null;

  /** What stops deliveries now, as the last drain found it. */
  @Column({ name: 'blocked_reason', type: 'text', nullable: true })
  blockedReason!: string | null;

  @Column({ name: 'blocked_message', type: 'text', nullable: true })
  blockedMessage!: string | null;

  /** The deployment known last. */
  @Column({ name: 'deployment_ref', type: 'integer', nullable: true })
  deploymentRef!: number | null;

  /** A sign that the server was reset, as JSON, until it is acknowledged. */
  @Column({ name: 'reset_signal', type: 'text', nullable: true })
  resetSignal!: string | null;

  /** Batches without any answer, less those that got one since: they shrink the next batch. */
  @Column({ name: 'silent_times', type: 'integer', default: 0 })
  silentTimes!: number;

  @Column({ name: 'last_drained_at', type: 'integer', nullable: true })
  lastDrainedAt!: number | null;

  /** Deliveries ever written for it: what its counters must come to, kept apart from them. */
  @Column({ name: 'delivery_rows', type: 'integer', default: 0 })
  deliveryRows!: number;

  /** What people call it. */
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  /** The first event it gets; what came before is excluded unless it was attempted already. */
  @Column({ name: 'start_seq', type: 'integer', default: 0 })
  startSeq!: number;

  /** 1 when it reads gzip, 0 when it does not; null while that is not known. */
  @Column({ name: 'reads_gzip', type: 'integer', nullable: true })
  readsGzip!: number | null;
}
