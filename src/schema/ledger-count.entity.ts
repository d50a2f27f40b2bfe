import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Deliveries per target, origin, class of event and status, kept with the rows. */
@Entity('ledger_count', { withoutRowid: true })
export class LedgerCount {
  @PrimaryColumn({ name: 'target_id', type: 'integer' })
  targetId!: number;

  @PrimaryColumn({ name: 'origin_id', type: 'integer' })
  originId!: number;

  @PrimaryColumn({ type: 'text' })
  class!: string;

  @PrimaryColumn({ type: 'text' })
  status!: string;

  @Column({ type: 'integer' })
  events!: number;
}
