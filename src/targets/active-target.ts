import type { ExternalSettings } from '../config/settings.js';
import type { Mode } from '../policy/mode.js';
import { UnusableUrlError } from './canonical-url.js';
import { externalIdentity, type TargetIdentity } from './identity.js';
import type { TargetDescription, TargetSettings } from './registry.js';

/** What a drain would go to right now. */
export type ActiveTarget =
  | {
      readonly state: 'target';
      readonly identity: TargetIdentity;
      readonly settings: TargetSettings;
      readonly unsaid?: TargetDescription['unsaid'];
    }
  /** The mode delivers nothing: a no-op, not an error. */
  | { readonly state: 'none'; readonly message: string }
  /** The mode delivers, but its target is not usable; says what to type next. */
  | { readonly state: 'error'; readonly message: string };

/** The operator's endpoint, if one is configured that can be used; the mode does not matter here. */
export function endpointTarget(external: ExternalSettings): ActiveTarget {
  const { endpoint } = external;
  const command = 'Run `redrain mode EXTERNAL_RECEIVER --endpoint URL`.';
  if (endpoint === undefined) {
    return { state: 'error', message: `EXTERNAL_RECEIVER has no endpoint. ${command}` };
  }
  try {
    return {
      state: 'target',
      identity: externalIdentity(endpoint),
      settings: settingsOf(external),
      unsaid: [...external.unsaid],
    };
  } catch (error) {
    if (!(error instanceof UnusableUrlError)) throw error;
    return { state: 'error', message: `The external endpoint ${error.message} ${command}` };
  }
}

/** Why a mode sends nothing, and what to type to send. */
export const noneMessage = (mode: Mode): string =>
  mode === 'OPT_OUT'
    ? 'Mode OPT_OUT sends nothing. Run `redrain mode TEAMSPACE` to deliver what is kept.'
    : 'Mode LOCAL_RETENTION keeps events and sends nothing. Run `redrain mode TEAMSPACE` to deliver them.';

const settingsOf = (external: ExternalSettings): TargetSettings => ({
  ...(external.authEnv === undefined ? {} : { authEnv: external.authEnv }),
  headers: Object.fromEntries(external.headers),
  ack: external.ack,
  maxEvents: external.maxEvents,
  maxBytes: external.maxBytes,
  projects: external.projects,
});
