import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';
import { Event } from './event.entity.js';

/**
 * The exact bytes of an event. Never updated; deleted only behind a `purge`
 * row; inserted again only when they match the event's SHA-256.
 */
@Entity('payload')
export class Payload {
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @OneToOne(() => Event)
  @JoinColumn({ name: 'seq', foreignKeyConstraintName: 'fk_payload_event' })
  event!: Event;

  @Column({ type: 'blob' })
  bytes!: Buffer;
}
