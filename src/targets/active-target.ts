import { DEFAULT_SETTINGS, type ExternalSettings } from '../config/settings.js';
import { type Mode, policyOf } from '../policy/mode.js';
import { UnusableUrlError } from './canonical-url.js';
import { externalIdentity, type TargetIdentity, teamspaceIdentity } from './identity.js';
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

type ServerFields = Parameters<typeof teamspaceIdentity>[0];

/**
 * The active target of a mode. The mode decides which of the two addresses
 * counts; neither address nor identity depends on it.
 * `resolved` may be undefined where the mode has no use for it.
 */
export function activeTarget(
  mode: Mode,
  resolved: ServerFields | undefined,
  external: ExternalSettings,
): ActiveTarget {
  switch (policyOf(mode).delivery) {
    case 'none':
      return { state: 'none', message: noneMessage(mode) };
    case 'teamspace':
      return resolved === undefined
        ? { state: 'error', message: 'No server is known. Run `redrain server URL`.' }
        : { state: 'target', identity: teamspaceIdentity(resolved), settings: TEAMSPACE_SETTINGS };
    case 'external':
      return externalTarget(external);
  }
}

const TEAMSPACE_SETTINGS: TargetSettings = Object.freeze({
  ack: 'results',
  maxEvents: DEFAULT_SETTINGS.external.maxEvents,
  maxBytes: DEFAULT_SETTINGS.external.maxBytes,
  projects: 'allowed',
});

function externalTarget(external: ExternalSettings): ActiveTarget {
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
