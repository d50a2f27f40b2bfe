import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A later event with the same coalescing key, where the earlier one may have left already. */
@Entity('superseded')
export class Supersession {
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ name: 'by_seq', type: 'integer' })
  bySeq!: number;
}
