import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * How far events are filed: up to `seq` each has its row in `live` or a mark,
 * and is counted in `journal_count`. The few later ones are all live, and are
 * counted by their rows in `event`.
 */
@Entity('filed')
@Check('ck_filed_one', 'id = 1')
export class Filed {
  /** Always 1: there is one row. */
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'integer' })
  seq!: number;
}
