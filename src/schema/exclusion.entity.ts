import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Live events of one origin below the first one a target gets: never attempted,
 * not in flight, and never selected.
 */
@Entity('exclusion', { withoutRowid: true })
export class Exclusion {
  @PrimaryColumn({ name: 'target_id', type: 'integer' })
  targetId!: number;

  @PrimaryColumn({ name: 'origin_id', type: 'integer' })
  originId!: number;

  @Column({ type: 'integer' })
  events!: number;
}
