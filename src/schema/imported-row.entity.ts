import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { ImportSource } from './import-source.entity.js';

/**
 * Where an imported event was found, once for each old row: several rows may
 * hold the same event. The old program rewrote rows in place, so one row can
 * have several versions.
 */
@Entity('imported_row', { withoutRowid: true })
@Index('ix_imported_row_seq', ['seq'])
export class ImportedRow {
  @PrimaryColumn({ name: 'source_id', type: 'integer' })
  sourceId!: number;

  @ManyToOne(() => ImportSource)
  @JoinColumn({ name: 'source_id', foreignKeyConstraintName: 'fk_imported_row_source' })
  source!: ImportSource;

  /** `queue.id` of the old file. */
  @PrimaryColumn({ name: 'row_id', type: 'integer' })
  rowId!: number;

  @PrimaryColumn({ type: 'integer' })
  version!: number;

  /** The journal row it became, equals, or differs from. */
  @Column({ type: 'integer' })
  seq!: number;

  /** The conflict that keeps its bytes, where it differs. */
  @Column({ name: 'conflict_id', type: 'integer', nullable: true })
  conflictId!: number | null;

  /** SHA-256 of its `data`. */
  @Column({ type: 'blob' })
  sha256!: Buffer;

  /** `queue.timestamp`: whole seconds at which it was enqueued; null when that was not an integer. */
  @Column({ name: 'enqueued_at', type: 'integer', nullable: true })
  enqueuedAt!: number | null;

  @Column({ name: 'retry_count', type: 'integer', nullable: true })
  retryCount!: number | null;

  /** What was odd about it, in words. */
  @Column({ type: 'text', nullable: true })
  note!: string | null;
}
