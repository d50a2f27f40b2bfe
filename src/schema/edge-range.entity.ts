import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Numbers of one edge that are accounted for. What no row covers, up to its highest, is missing. */
@Entity('edge_range', { withoutRowid: true })
@Index('ix_edge_range_seq', ['seq'])
@Check('ck_edge_range', 'first <= last')
export class EdgeRange {
  @PrimaryColumn({ name: 'edge_id', type: 'integer' })
  edgeId!: number;

  @PrimaryColumn({ type: 'integer' })
  first!: number;

  @Column({ type: 'integer' })
  last!: number;

  /** The event of the first number; those of the others follow it. Null: the edge keeps these to itself. */
  @Column({ type: 'integer', nullable: true })
  seq!: number | null;
}
