import type { DeploymentMetadata } from '../../dispatch/ports.js';
import { UsageError } from '../failure.js';

const FIELDS = {
  server_instance_id: 'serverInstanceId',
  deployment_id: 'deploymentId',
  environment_name: 'environmentName',
  git_sha: 'gitSha',
} as const satisfies Record<string, keyof DeploymentMetadata>;

/** `--deployment FIELD=VALUE`, repeated. @throws UsageError */
export function deploymentOf(pairs: readonly string[]): DeploymentMetadata {
  return Object.fromEntries(pairs.map(pairOf));
}

function pairOf(pair: string): [string, string] {
  const at = pair.indexOf('=');
  const field = pair.slice(0, at);
  if (at < 0 || at === pair.length - 1 || !Object.hasOwn(FIELDS, field))
    throw new UsageError(
      `--deployment ${pair} must be FIELD=VALUE with one of ${Object.keys(FIELDS).join(', ')}`,
    );
  return [FIELDS[field as keyof typeof FIELDS], pair.slice(at + 1)];
}
