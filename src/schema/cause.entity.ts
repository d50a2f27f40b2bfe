import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** Why live events are not delivered at one target: how many have this status for this cause. */
@Entity('cause', { withoutRowid: true })
@Check('ck_cause_events', 'events >= 0')
export class Cause {
  @PrimaryColumn({ name: 'target_id', type: 'integer' })
  targetId!: number;

  @PrimaryColumn({ type: 'text' })
  status!: string;

  /** Empty for all causes that have no row of their own. */
  @PrimaryColumn({ type: 'text' })
  text!: string;

  @Column({ type: 'integer' })
  events!: number;
}
