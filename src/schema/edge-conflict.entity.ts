import { Entity, PrimaryColumn } from 'typeorm';

/** Which edge sent the other content of a conflict, under which of its numbers. */
@Entity('edge_conflict', { withoutRowid: true })
export class EdgeConflict {
  @PrimaryColumn({ name: 'conflict_id', type: 'integer' })
  conflictId!: number;

  @PrimaryColumn({ name: 'edge_id', type: 'integer' })
  edgeId!: number;

  @PrimaryColumn({ type: 'integer' })
  number!: number;
}
