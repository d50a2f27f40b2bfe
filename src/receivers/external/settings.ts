import type { Secret } from '../../config/secret.js';
import type { BatchLimits } from '../../dispatch/ports.js';
import type { AckMode } from '../mapper.js';
import type { TransportSettings } from '../transport/agents.js';

/** An environment variable that is named in the configuration, but not set. */
export interface MissingVariable {
  /** The header it is for; undefined for one in the query of the endpoint. */
  readonly header?: string;
  readonly variable: string;
}

/** Everything an external receiver needs; it reads no configuration of its own. */
export interface ExternalReceiverSettings {
  /** The operator's URL, its variables filled in; undefined or blank when there is none. */
  readonly endpoint: string | undefined;
  /** What was filled in, to be hidden. */
  readonly queryValues?: readonly Secret[];
  /** Header name → value, all of them treated as secret. */
  readonly headers?: Readonly<Record<string, Secret>>;
  readonly missingVariables?: readonly MissingVariable[];
  /** `results` when absent. */
  readonly ack?: AckMode;
  readonly limits?: Partial<BatchLimits>;
  /** Of redrain, for the User-Agent. */
  readonly version: string;
  readonly transport: TransportSettings;
  readonly now?: () => number;
}
