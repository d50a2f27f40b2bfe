import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One decision an operator may have to answer for: refusals, discards, resolutions. Append-only. */
@Entity('audit')
export class AuditEntry {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'integer' })
  at!: number;

  @Column({ type: 'text' })
  action!: string;

  @Column({ name: 'event_id', type: 'text', nullable: true })
  eventId!: string | null;

  @Column({ name: 'event_type', type: 'text', nullable: true })
  eventType!: string | null;

  @Column({ type: 'text', nullable: true })
  family!: string | null;

  @Column({ type: 'text' })
  reason!: string;

  /** The exact bytes, where the journal does not hold them. */
  @Column({ type: 'blob', nullable: true })
  bytes!: Buffer | null;

  /** What a replay needs beside the bytes, as JSON. */
  @Column({ type: 'text', nullable: true })
  details!: string | null;
}
