import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The newest event of each coalescing key. */
@Entity('coalescing')
export class CoalescingKey {
  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ type: 'integer' })
  seq!: number;
}
