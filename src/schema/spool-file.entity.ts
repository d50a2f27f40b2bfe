import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A spool file whose events are in the journal: written in their transaction. */
@Entity('spool_done')
export class SpoolFile {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ type: 'integer' })
  at!: number;

  @Column({ type: 'integer' })
  events!: number;

  /** What was refused while it was taken in, as a JSON list of messages. */
  @Column({ type: 'text', nullable: true })
  problems!: string | null;
}
