import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** What a server told of itself: provenance of deliveries, never identity. */
@Entity('deployment')
@Index('ix_deployment_target', ['targetId', 'id'])
export class Deployment {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'target_id', type: 'integer' })
  targetId!: number;

  @Column({ name: 'server_instance_id', type: 'text', nullable: true })
  serverInstanceId!: string | null;

  @Column({ name: 'deployment_id', type: 'text', nullable: true })
  deploymentId!: string | null;

  @Column({ name: 'environment_name', type: 'text', nullable: true })
  environmentName!: string | null;

  @Column({ name: 'git_sha', type: 'text', nullable: true })
  gitSha!: string | null;

  @Column({ name: 'first_seen_at', type: 'integer' })
  firstSeenAt!: number;
}
