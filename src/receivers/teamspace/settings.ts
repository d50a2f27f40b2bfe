import type { Secret } from '../../config/secret.js';
import type { BatchLimits, ClosedGate } from '../../dispatch/ports.js';
import type { TransportSettings } from '../transport/agents.js';

/** Everything a Teamspace receiver needs; it reads no configuration of its own. */
export interface TeamspaceReceiverSettings {
  /** `{resolved_server_url}/api/v1/events/batch/` */
  readonly batchUrl: string;
  /** `{resolved_server_url}/api/v1/sync/health/`; the token goes there only on the same origin. */
  readonly healthUrl: string;
  /** The access token for this server, asked for before each post; undefined when there is none. */
  readonly token: () => Promise<Secret | undefined>;
  /**
   * Asked once after a 401, for another token to post with once more. Undefined
   * (or absent) when none can be had: the 401 then stands.
   */
  readonly onUnauthorized?: () => Promise<Secret | undefined>;
  /** For `X-Team-Slug` and for envelopes with an empty `team_slug`, when known. */
  readonly teamSlug?: string;
  /** SaaS switch, authentication, team, Private Teamspace: the first that is closed. */
  readonly gate: () => Promise<ClosedGate | undefined>;
  readonly limits?: Partial<BatchLimits>;
  /** Of redrain, for the User-Agent. */
  readonly version: string;
  readonly transport: TransportSettings;
  readonly now?: () => number;
}
