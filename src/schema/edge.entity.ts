import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A home that sends to this one, and how far its numbers have come. Times in epoch milliseconds. */
@Entity('edge')
@Unique('uq_edge_home', ['home'])
@Check('ck_edge_numbers', 'complete <= high AND received >= 0 AND excluded >= 0')
export class Edge {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  /** The home id that the edge sends. */
  @Column({ type: 'text' })
  home!: string;

  /** The name of the token that it sent last; null where no names are given. */
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  @Column({ type: 'text' })
  host!: string;

  /** Which copy of the home sent last. */
  @Column({ type: 'text' })
  instance!: string;

  /** Which target of the edge this is. */
  @Column({ type: 'text' })
  stream!: string;

  /** The last request, to know one that came twice. */
  @Column({ type: 'text' })
  request!: string;

  /** The highest number that is known here. */
  @Column({ type: 'integer' })
  high!: number;

  /** All numbers up to it are accounted for. */
  @Column({ type: 'integer' })
  complete!: number;

  @Column({ type: 'integer' })
  received!: number;

  @Column({ type: 'integer' })
  excluded!: number;

  /** Age of the newest event of the last request, when it left the edge. */
  @Column({ name: 'lag_ms', type: 'integer', nullable: true })
  lagMs!: number | null;

  /** How far its clock is ahead of ours. */
  @Column({ name: 'clock_ms', type: 'integer' })
  clockMs!: number;

  @Column({ name: 'first_seen_at', type: 'integer' })
  firstSeenAt!: number;

  @Column({ name: 'last_seen_at', type: 'integer' })
  lastSeenAt!: number;
}
