import { Column, PrimaryColumn } from 'typeorm';

/** The state of one event at one target: shared by the row in force and by its history. */
export abstract class DeliveryColumns {
  @PrimaryColumn({ name: 'target_id', type: 'integer' })
  targetId!: number;

  /** The journal row, and with it the revision, whose bytes this is about. */
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ type: 'text' })
  status!: string;

  @Column({ name: 'attempt_count', type: 'integer' })
  attemptCount!: number;

  @Column({ name: 'rejection_count', type: 'integer' })
  rejectionCount!: number;

  @Column({ name: 'first_attempted_at', type: 'integer', nullable: true })
  firstAttemptedAt!: number | null;

  @Column({ name: 'last_attempted_at', type: 'integer', nullable: true })
  lastAttemptedAt!: number | null;

  @Column({ name: 'accepted_at', type: 'integer', nullable: true })
  acceptedAt!: number | null;

  @Column({ name: 'completed_at', type: 'integer', nullable: true })
  completedAt!: number | null;

  @Column({ name: 'next_attempt_at', type: 'integer', nullable: true })
  nextAttemptAt!: number | null;

  @Column({ name: 'server_drain_state', type: 'text', nullable: true })
  serverDrainState!: string | null;

  @Column({ name: 'last_http_status', type: 'integer', nullable: true })
  lastHttpStatus!: number | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError!: string | null;

  @Column({ name: 'last_response_json', type: 'text', nullable: true })
  lastResponseJson!: string | null;

  /** The deployment known at acceptance. */
  @Column({ name: 'deployment_ref', type: 'integer', nullable: true })
  deploymentRef!: number | null;
}
