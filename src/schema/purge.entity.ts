import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The durable record without which no payload may be deleted. Keeps the
 * canonical digest, so that a later capture of the same id stays decidable.
 */
@Entity('purge')
@Check('ck_purge_kind', `kind IN ('gc', 'archive', 'redact')`)
export class Purge {
  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ type: 'text' })
  kind!: string;

  @Column({ type: 'integer' })
  at!: number;

  @Column({ name: 'canonical_sha256', type: 'blob' })
  canonicalSha256!: Buffer;

  /** The archive file, or the reason of a redaction. */
  @Column({ type: 'text', nullable: true })
  detail!: string | null;
}
