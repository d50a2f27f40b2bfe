import type { DeploymentMetadata } from '../dispatch/ports.js';

/** The environment behind an address seems to be another one than before. Advisory. */
export interface ResetSignal {
  readonly field: 'server_instance_id' | 'environment_name' | 'git_sha';
  readonly before: string;
  readonly after: string;
}

/**
 * Whether a target was probably reset between two looks: its instance id changed,
 * or, when neither look had one, its environment name or commit did. A new
 * deployment id alone is a redeploy; what is missing on either side says nothing.
 */
export function resetSignal(
  before: DeploymentMetadata,
  after: DeploymentMetadata,
): ResetSignal | undefined {
  if (before.serverInstanceId || after.serverInstanceId) {
    return changed('server_instance_id', before.serverInstanceId, after.serverInstanceId);
  }
  return (
    changed('environment_name', before.environmentName, after.environmentName) ??
    changed('git_sha', before.gitSha, after.gitSha)
  );
}

function changed(
  field: ResetSignal['field'],
  before: string | undefined,
  after: string | undefined,
): ResetSignal | undefined {
  return before && after && before !== after ? { field, before, after } : undefined;
}
