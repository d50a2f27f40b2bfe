import { Entity, PrimaryColumn } from 'typeorm';

/**
 * What may still be selected, in selection order. Coalescing, replacing,
 * archiving, redacting and purging remove the row, so that selection never
 * steps over a million dead ones. The newest events may have no row yet: `filed`
 * says which.
 */
@Entity('live', { withoutRowid: true })
export class LiveEvent {
  @PrimaryColumn({ name: 'origin_id', type: 'integer' })
  originId!: number;

  @PrimaryColumn({ type: 'integer' })
  seq!: number;
}
