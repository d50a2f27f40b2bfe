import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, Unique } from 'typeorm';
import { Origin } from './origin.entity.js';

/**
 * One fact, as captured. Every column is immutable: triggers refuse UPDATE,
 * DELETE and REPLACE from any connection. The bytes live in
 * `payload`, so that they can be purged while this row stays forever.
 */
@Entity('event')
@Unique('uq_event_revision', ['eventId', 'revision'])
export class Event {
  /** The only safe order of the journal: timestamps tie. SQLite gives the next one; rows never go, so none comes twice. */
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  /** 1, or more where an operator accepted another content for this id. */
  @Column({ type: 'integer', default: 1 })
  revision!: number;

  @Column({ name: 'event_type', type: 'text' })
  eventType!: string;

  @Column({ name: 'origin_id', type: 'integer' })
  originId!: number;

  @ManyToOne(() => Origin)
  @JoinColumn({ name: 'origin_id', foreignKeyConstraintName: 'fk_event_origin' })
  origin!: Origin;

  /** How it came in: `capture`, `spool`, `import`, or by an operator's `decision` on a conflict. */
  @Column({ type: 'text' })
  source!: string;

  /** The producer's own time, as it wrote it. */
  @Column({ name: 'event_time', type: 'text', nullable: true })
  eventTime!: string | null;

  /** The same in epoch milliseconds, when it was usable. */
  @Column({ name: 'occurred_at', type: 'integer', nullable: true })
  occurredAt!: number | null;

  @Column({ name: 'captured_at', type: 'integer' })
  capturedAt!: number;

  @Column({ name: 'producer_user', type: 'text', nullable: true })
  producerUser!: string | null;

  @Column({ name: 'producer_team', type: 'text', nullable: true })
  producerTeam!: string | null;

  /** The reason that held for the active target at the moment of capture, or null. */
  @Column({ name: 'drain_blocked_reason', type: 'text', nullable: true })
  drainBlockedReason!: string | null;

  /** 1 when the bytes carry this id at top level and so travel bare (docs/protocol.md). */
  @Column({ name: 'carries_id', type: 'integer' })
  carriesId!: number;

  /** Why no receiver may be given this event, or null. */
  @Column({ type: 'text', nullable: true })
  undeliverable!: string | null;

  @Column({ type: 'blob' })
  sha256!: Buffer;

  /** Payload bytes, also after they were purged. */
  @Column({ type: 'integer' })
  size!: number;
}
