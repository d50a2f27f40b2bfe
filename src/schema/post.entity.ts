import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** The dispatch log: one row for every POST, whatever came of it. */
@Entity('post')
@Index('ix_post_target', ['targetId', 'id'])
export class Post {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'target_id', type: 'integer' })
  targetId!: number;

  @Column({ name: 'pass_no', type: 'integer' })
  passNo!: number;

  @Column({ name: 'started_at', type: 'integer' })
  startedAt!: number;

  @Column({ name: 'duration_ms', type: 'integer' })
  durationMs!: number;

  @Column({ name: 'first_seq', type: 'integer' })
  firstSeq!: number;

  @Column({ name: 'last_seq', type: 'integer' })
  lastSeq!: number;

  @Column({ type: 'integer' })
  events!: number;

  /** Sequence numbers by outcome, as JSON ranges; `none` where the answer held no verdict. */
  @Column({ type: 'text' })
  outcomes!: string;

  @Column({ name: 'http_status', type: 'integer', nullable: true })
  httpStatus!: number | null;

  @Column({ name: 'bytes_sent', type: 'integer' })
  bytesSent!: number;

  @Column({ type: 'text', nullable: true })
  error!: string | null;

  /** How many requests this is about: several of one event each are logged together. */
  @Column({ type: 'integer', default: 1 })
  requests!: number;
}
