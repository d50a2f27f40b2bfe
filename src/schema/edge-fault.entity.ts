import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** A sign that the journal of an edge is not the one that it was. Deleted when an operator has seen it. */
@Entity('edge_fault', { withoutRowid: true })
@Check('ck_edge_fault_kind', `kind IN ('restored', 'diverged', 'cloned')`)
export class EdgeFault {
  @PrimaryColumn({ name: 'edge_id', type: 'integer' })
  edgeId!: number;

  @PrimaryColumn({ type: 'text' })
  kind!: string;

  /** The first number at which it was seen. */
  @Column({ type: 'integer' })
  number!: number;

  /** How many numbers, or requests of a clone. */
  @Column({ type: 'integer' })
  times!: number;

  @Column({ name: 'first_found_at', type: 'integer' })
  firstFoundAt!: number;

  @Column({ name: 'last_found_at', type: 'integer' })
  lastFoundAt!: number;
}
