import type { Secret } from '../../config/secret.js';
import type { BatchLimits, ClosedGate } from '../../dispatch/ports.js';
import type { TransportSettings } from '../../receivers/transport/network.js';

/** Gives a token, or why there is none; undefined when there is nothing to say. May reject. */
export type TokenProvider = () => Promise<Secret | ClosedGate | undefined>;

/** Everything a Teamspace receiver needs; it reads no configuration of its own. */
export interface TeamspaceReceiverSettings {
  /** `{resolved_server_url}/api/v1/events/batch/` */
  readonly batchUrl: string;
  /** `{resolved_server_url}/api/v1/sync/health/`; the token goes there only on the same origin. */
  readonly healthUrl: string;
  /** The access token for this server, asked for before each request, or why there is none. */
  readonly token: TokenProvider;
  /**
   * Asked once after a 401, for another token to post with once more. When none
   * can be obtained the 401 stands.
   */
  readonly onUnauthorized?: TokenProvider;
  /** What to type to log in at this server; `redrain login` when absent. */
  readonly loginCommand?: string;
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
