import type { BatchLimits, DeploymentMetadata } from '../../dispatch/ports.js';

/** What the stub's health document says besides its instance id. */
export interface HealthOptions {
  /** Advertised, and enforced with 413. */
  readonly limits?: Partial<BatchLimits>;
  readonly metadata?: DeploymentMetadata;
  readonly privateTeamspace?: boolean;
  /** False answers 404, as a server does that has no such document. Default true. */
  readonly offered?: boolean;
}

/** The health document (docs/protocol.md). Members without a value are left out. */
export function healthDocument(instanceId: string, options: HealthOptions): object {
  const { limits, metadata = {}, privateTeamspace } = options;
  return {
    server_instance_id: metadata.serverInstanceId ?? instanceId,
    deployment_id: metadata.deploymentId,
    environment_name: metadata.environmentName,
    git_sha: metadata.gitSha,
    private_teamspace: privateTeamspace,
    sync_ingress: limits && {
      limits: {
        max_events_per_batch: limits.maxEvents,
        max_decompressed_bytes_per_batch: limits.maxBytes,
      },
    },
  };
}
