import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Events per origin and class, as far as they are filed (`filed`), kept in the transactions that change them. */
@Entity('journal_count', { withoutRowid: true })
export class JournalCount {
  @PrimaryColumn({ name: 'origin_id', type: 'integer' })
  originId!: number;

  /** `live`, or the class of a mark. */
  @PrimaryColumn({ type: 'text' })
  class!: string;

  @Column({ type: 'integer' })
  events!: number;

  /** Events whose bytes are still here, and how many bytes. */
  @Column({ type: 'integer' })
  retained!: number;

  @Column({ type: 'integer' })
  bytes!: number;
}
