import { Check, Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/**
 * Another content for an event id that already exists. Both payloads stay: the
 * first in the journal, the second here, whatever an operator decides.
 */
@Entity('conflict')
@Unique('uq_conflict', ['eventId', 'incomingSha256'])
@Index('ix_conflict_open', ['id'], { where: 'resolved_at IS NULL' })
@Check('ck_conflict_found_by', `found_by IN ('capture', 'spool', 'import')`)
export class MigrationConflict {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'event_id', type: 'text' })
  eventId!: string;

  /** The journal row it differs from. */
  @Column({ name: 'existing_seq', type: 'integer' })
  existingSeq!: number;

  @Column({ name: 'existing_sha256', type: 'blob' })
  existingSha256!: Buffer;

  @Column({ name: 'incoming_sha256', type: 'blob' })
  incomingSha256!: Buffer;

  @Column({ name: 'incoming_bytes', type: 'blob' })
  incomingBytes!: Buffer;

  @Column({ name: 'incoming_type', type: 'text' })
  incomingType!: string;

  @Column({ name: 'found_by', type: 'text' })
  foundBy!: string;

  /** Digest of the old queue file it came from, where it came from one. */
  @Column({ name: 'source_digest', type: 'text', nullable: true })
  sourceDigest!: string | null;

  @Column({ name: 'found_at', type: 'integer' })
  foundAt!: number;

  @Column({ name: 'resolved_at', type: 'integer', nullable: true })
  resolvedAt!: number | null;

  /** `journal` or `incoming`: which payload was kept as current. */
  @Column({ type: 'text', nullable: true })
  kept!: string | null;
}
