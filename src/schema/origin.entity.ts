import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/**
 * Where events come from, as far as permission depends on it: the project in
 * the envelope, its repo slug, and the directory of capture.
 * Empty text means "none". Permission itself is never stored here.
 */
@Entity('origin')
@Unique('uq_origin', ['projectUuid', 'repoSlug', 'checkout'])
export class Origin {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'project_uuid', type: 'text' })
  projectUuid!: string;

  @Column({ name: 'repo_slug', type: 'text' })
  repoSlug!: string;

  @Column({ type: 'text' })
  checkout!: string;
}
