import { randomBytes } from 'node:crypto';
import type { BatchLimits, DeploymentMetadata } from '../../dispatch/ports.js';
import type { ReceiverAnswer } from '../../receive/answer.js';
import { isJsonObject, parseJson } from '../mapping/answer-body.js';

/** What the stub's health document says besides its instance id. */
export interface HealthOptions {
  /** Advertised, and enforced with 413. */
  readonly limits?: Partial<BatchLimits>;
  readonly metadata?: DeploymentMetadata;
  readonly privateTeamspace?: boolean;
  /** False answers 404, as a server does that has no such document. Default true. */
  readonly offered?: boolean;
}

/** The health document (docs/spec-kitty.md). Members without a value are left out. */
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

/** Seconds: what a client assumes when a server does not say (docs/protocol.md). */
const ACCESS_LIFETIME_S = 900;
const REFRESH_LIFETIME_S = 604_800;

/**
 * Answers both token requests, login and refresh (docs/protocol.md): anyone gets a new
 * pair. A body that is neither is a 400.
 */
export function issueTokens(body: Buffer, teamSlug: string): ReceiverAnswer {
  const value = parseJson(body.toString('utf8'));
  const isLogin = isJsonObject(value) && isText(value.username) && isText(value.password);
  const isRefresh = isJsonObject(value) && isText(value.refresh);
  if (!isLogin && !isRefresh)
    return {
      status: 400,
      document: { error: 'expected {"username", "password"} or {"refresh"}' },
    };
  const document = {
    access: newToken('access'),
    refresh: newToken('refresh'),
    access_lifetime: ACCESS_LIFETIME_S,
    refresh_lifetime: REFRESH_LIFETIME_S,
    team_slug: teamSlug,
  };
  return { status: 200, document };
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function newToken(kind: string): string {
  return `stub-${kind}-${randomBytes(16).toString('hex')}`;
}
