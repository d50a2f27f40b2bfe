import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/**
 * All that permission and the filters of targets depend on: the project in the
 * envelope, its repo slug, the directory of capture, and the type of event.
 * Empty text means "none". Permission itself is never stored here.
 */
@Entity('origin')
@Unique('uq_origin', ['projectUuid', 'repoSlug', 'checkout', 'eventType'])
export class Origin {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'project_uuid', type: 'text' })
  projectUuid!: string;

  @Column({ name: 'repo_slug', type: 'text' })
  repoSlug!: string;

  @Column({ type: 'text' })
  checkout!: string;

  @Column({ name: 'event_type', type: 'text' })
  eventType!: string;
}
