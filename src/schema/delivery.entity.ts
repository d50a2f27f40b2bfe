import { Check, Column, Entity, Index, JoinColumn, ManyToOne } from 'typeorm';
import { DeliveryColumns } from './delivery-columns.js';
import { Event } from './event.entity.js';
import { Target } from './target.entity.js';

/** One ledger row: one event owed to, or accepted by, one target. */
@Entity('delivery', { withoutRowid: true })
@Index('ix_delivery_withheld', ['targetId', 'seq'], { where: `status = 'withheld'` })
@Index('ix_delivery_terminal', ['completedAt'], { where: `status = 'terminal_failed'` })
@Check(
  'ck_delivery_status',
  `status IN ('success', 'duplicate', 'pending', 'rejected', 'failed_transient', 'terminal_failed', 'withheld')`,
)
@Check('ck_delivery_done', `status NOT IN ('success', 'duplicate') OR completed_at IS NOT NULL`)
export class Delivery extends DeliveryColumns {
  @ManyToOne(() => Target)
  @JoinColumn({ name: 'target_id', foreignKeyConstraintName: 'fk_delivery_target' })
  target!: Target;

  @ManyToOne(() => Event)
  @JoinColumn({ name: 'seq', foreignKeyConstraintName: 'fk_delivery_event' })
  event!: Event;

  /** Raised by a replay: success never regresses within one generation. */
  @Column({ type: 'integer', default: 1 })
  generation!: number;
}
