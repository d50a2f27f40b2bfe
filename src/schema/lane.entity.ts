import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Target } from './target.entity.js';

/** How far first attempts of one origin have come at one target. */
@Entity('lane', { withoutRowid: true })
export class Lane {
  @PrimaryColumn({ name: 'target_id', type: 'integer' })
  targetId!: number;

  @PrimaryColumn({ name: 'origin_id', type: 'integer' })
  originId!: number;

  @ManyToOne(() => Target)
  @JoinColumn({ name: 'target_id', foreignKeyConstraintName: 'fk_lane_target' })
  target!: Target;

  /** Every live event of the origin up to here has a delivery, a todo or a flight entry. */
  @Column({ type: 'integer' })
  cursor!: number;
}
