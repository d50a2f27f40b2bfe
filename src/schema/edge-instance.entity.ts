import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A copy of the home of an edge that has sent. */
@Entity('edge_instance', { withoutRowid: true })
export class EdgeInstance {
  @PrimaryColumn({ name: 'edge_id', type: 'integer' })
  edgeId!: number;

  @PrimaryColumn({ type: 'text' })
  instance!: string;

  @Column({ type: 'text' })
  host!: string;

  @Column({ name: 'first_seen_at', type: 'integer' })
  firstSeenAt!: number;

  @Column({ name: 'last_seen_at', type: 'integer' })
  lastSeenAt!: number;
}
