import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The exact bytes of an event (a trigger makes sure that there is one). Never updated; deleted only behind a `purge`
 * row; inserted again only when they match the event's SHA-256.
 */
@Entity('payload')
export class Payload {
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ type: 'blob' })
  bytes!: Buffer;
}
