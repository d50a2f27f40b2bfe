import { Column, Entity, PrimaryColumn } from 'typeorm';

/** All that is left of events that OPT_OUT was allowed to discard. */
@Entity('discard_count')
export class DiscardCount {
  @PrimaryColumn({ type: 'text' })
  family!: string;

  @Column({ type: 'integer' })
  events!: number;
}
