import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** Why an event is not live: the one class it belongs to instead. */
@Entity('mark')
@Check('ck_mark_class', `class IN ('coalesced', 'replaced', 'archived', 'redacted', 'purged')`)
export class EventMark {
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ type: 'text' })
  class!: string;

  /** The event that took its place (coalesced, replaced). */
  @Column({ name: 'other_seq', type: 'integer', nullable: true })
  otherSeq!: number | null;

  @Column({ type: 'integer' })
  at!: number;
}
