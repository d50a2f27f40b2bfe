import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { Target } from './target.entity.js';

/**
 * The batch of one target that is on the wire or about to be. Found by the
 * next holder of the lock, it is what a crash left behind.
 */
@Entity('flight')
export class Flight {
  @PrimaryColumn({ name: 'target_id', type: 'integer' })
  targetId!: number;

  @OneToOne(() => Target)
  @JoinColumn({ name: 'target_id', foreignKeyConstraintName: 'fk_flight_target' })
  target!: Target;

  /** Changes with every claim: results for another one change nothing. */
  @Column({ name: 'claim_id', type: 'text' })
  claimId!: string;

  /** Sequence numbers as JSON ranges: [[1,1000],[1005,1005]]. */
  @Column({ type: 'text' })
  seqs!: string;

  @Column({ name: 'started_at', type: 'integer' })
  startedAt!: number;
}
