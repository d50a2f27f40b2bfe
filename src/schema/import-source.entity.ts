import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** One old queue file as it was when its rows were last taken into the journal. */
@Entity('import_source')
@Unique('uq_import_source', ['path'])
export class ImportSource {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  /** Below the home, with forward slashes: `queue.db`, `queues/queue-….db`. */
  @Column({ type: 'text' })
  path!: string;

  /** The digest in its name; null for the unauthenticated queue. */
  @Column({ type: 'text', nullable: true })
  digest!: string | null;

  /** Identity, sizes and times of the file and its sidecars: equal means not changed since. */
  @Column({ type: 'text' })
  fingerprint!: string;

  @Column({ name: 'imported_at', type: 'integer' })
  importedAt!: number;

  /** Rows of its `queue` table that could be read. */
  @Column({ type: 'integer' })
  events!: number;

  /** Rows of `body_upload_queue`; null when they could not be counted. */
  @Column({ name: 'body_uploads', type: 'integer', nullable: true })
  bodyUploads!: number | null;

  @Column({ name: 'failure_log', type: 'integer', nullable: true })
  failureLog!: number | null;

  /** What is wrong with the file, or null. */
  @Column({ type: 'text', nullable: true })
  damage!: string | null;

  /** The one known identity with this digest, as JSON `{server, user, team}`; null for unknown. */
  @Column({ type: 'text', nullable: true })
  attribution!: string | null;

  /** What `migrate --cleanup` renamed it to, below the home. */
  @Column({ name: 'renamed_to', type: 'text', nullable: true })
  renamedTo!: string | null;
}
