import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The durable record that an operator had the bytes of an event id erased.
 * Without it no copy in `conflict` or `audit` can lose its bytes.
 */
@Entity('redaction')
export class Redaction {
  @PrimaryColumn({ name: 'event_id', type: 'text' })
  eventId!: string;

  @Column({ type: 'integer' })
  at!: number;

  @Column({ type: 'text' })
  reason!: string;
}
