import type { Address } from '../address/address.js';
import { shownAddress } from '../address/shown-address.js';
import { DEFAULT_SETTINGS } from '../config/settings.js';
import type { ClosedGate } from '../dispatch/ports.js';
import { mayCarryToken } from '../policy/bearer.js';
import { httpSettings } from '../receivers/endpoint-kinds.js';
import type { Circumstances, Obstacle, TargetKindRow } from '../receivers/kind.js';
import { bareGetHeaders, judgeHealth } from '../receivers/reachability.js';
import { canonicalUrl, urlHash } from '../targets/canonical-url.js';
import type { TargetIdentity } from '../targets/identity.js';
import type { TargetSettings } from '../targets/registry.js';
import { assertNotSplit, overrideWarning, type TargetAuthority } from './authority.js';
import { SplitBrainError } from './authority-errors.js';
import { saasEnabled, teamspaceGate } from './gates.js';
import type { OpenAuthority, SpecKittyLogin } from './open-authority.js';
import { surfacesOf } from './surfaces.js';
import { isExpired, whyNotRenewable } from './tokens/token-freshness.js';
import { tokenRequests } from './tokens/token-port.js';

/** What the kind has to know: the configuration, and who is signed in at which server. */
export type TeamspaceCircumstances = Circumstances & SpecKittyLogin;

/** Spec Kitty's hosted service: its address, team and user come from the server in force and the login there. */
export const TEAMSPACE: TargetKindRow<TeamspaceCircumstances> = {
  kind: 'teamspace',
  isHosted: true,
  configured: ({ authority }) =>
    authority === undefined
      ? { state: 'error', message: 'No server is known.', advice: 'Run `redrain server URL`.' }
      : {
          state: 'target',
          identity: teamspaceIdentity(authority.resolved),
          settings: TEAMSPACE_SETTINGS,
        },
  hasIdentity({ authority }) {
    const credentials = authority?.credentials;
    return credentials?.state === 'found' && (credentials.teamSlug ?? '').trim() !== '';
  },
  projects: () => 'allowed',
  settingsNow: ({ settings }) => settings,
  team: ({ teamSlug }) => teamSlug,
  gate: (at) => gateOf(at),
  assertOneServer({ authority }) {
    if (authority !== undefined) assertNotSplit(authority.resolved);
  },
  warning: ({ authority }) => authority && overrideWarning(authority.resolved),
  switchedOff: ({ env }) =>
    saasEnabled(env)
      ? undefined
      : {
          state: 'rollout_disabled',
          message: 'Sending to the Teamspace is switched off; events are kept.',
          command: 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1',
        },
  async obstacle(at, now) {
    const { authority } = at;
    if (authority === undefined) return undefined;
    return loginObstacle(authority, gateOf(at), now) ?? serverObstacle(authority.resolved);
  },
  authentication: ({ authority }) => ({
    required: true,
    present: authority?.credentials.state === 'found',
  }),
  signIn: (address) => `redrain login ${address}`,
  async receiver(target, at, given) {
    const { TeamspaceReceiver } = await import('./receiver/teamspace-receiver.js');
    const { teamspaceAccess } = await import('./teamspace-access.js');
    const { batchUrl, healthUrl } = surfacesOf(canonicalUrl(target.rawEndpoint.reveal()));
    const askForTokens = tokenRequests(at.env, at.settings.caFile, given.deadlineMs);
    const access = teamspaceAccess(target, at, { askForTokens, now: given.now });
    return new TeamspaceReceiver({
      batchUrl,
      healthUrl,
      token: () => access.token(),
      onUnauthorized: () => access.renewedToken(),
      loginCommand: access.loginCommand,
      gate: () => access.gate(),
      ...(target.teamSlug === '' ? {} : { teamSlug: target.teamSlug }),
      ...httpSettings(target, at, given),
    });
  },
  async reach(_identity, { authority }, ask, now) {
    if (authority === undefined) return undefined;
    const token = await tokenHeaders(authority, now);
    const answer = await ask(authority.resolved.healthUrl, { ...bareGetHeaders(), ...token });
    return judgeHealth(answer, token.Authorization !== undefined);
  },
};

const TEAMSPACE_SETTINGS: TargetSettings = Object.freeze({
  ack: 'results',
  maxEvents: DEFAULT_SETTINGS.external.maxEvents,
  maxBytes: DEFAULT_SETTINGS.external.maxBytes,
  projects: 'allowed',
});

/** A hosted team: its server's address, team and user. */
export function teamspaceIdentity(target: {
  /** The canonical address itself. */
  readonly server: Address;
  readonly team_slug: string | null;
  readonly user_id: string | null;
}): TargetIdentity {
  const address = canonicalUrl(target.server.reveal());
  return Object.freeze({
    kind: 'teamspace',
    canonicalUrl: shownAddress(address),
    urlHash: urlHash(address),
    teamSlug: target.team_slug?.trim() ?? '',
    userEmail: target.user_id?.trim().toLowerCase() ?? '',
    rawEndpoint: target.server,
  });
}

function gateOf({ env, config, authority }: TeamspaceCircumstances): ClosedGate | undefined {
  return teamspaceGate({
    env: config.state === 'unreadable' ? ALWAYS_ON : env,
    config,
    resolved: authority?.resolved,
    credentials: authority?.credentials,
    privateTeamspaceEvidence: undefined,
  });
}

/** While the mode cannot be read, the switch of one mode says nothing: the file does. */
const ALWAYS_ON: NodeJS.ProcessEnv = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' };

const LOGIN_GATES: ReadonlySet<string> = new Set([
  'missing_auth',
  'missing_team',
  'private_teamspace_gate',
]);

function loginObstacle(
  { credentials, resolved }: OpenAuthority,
  gate: ClosedGate | undefined,
  now: number,
): Obstacle | undefined {
  const state = 'missing_auth';
  const command = `redrain login ${resolved.resolved_server_url}`;
  if (gate !== undefined && LOGIN_GATES.has(gate.reason))
    return { state, message: gate.message, howTo: gate.advice, command };
  if (credentials.state !== 'found' || !isExpired(credentials, now)) return undefined;
  const why = whyNotRenewable(credentials, now);
  if (why === undefined) return undefined;
  return { state, message: `The login has expired, and ${why}.`, command };
}

function serverObstacle(resolved: OpenAuthority['resolved']): Obstacle | undefined {
  const state = 'missing_host_config';
  const command = 'redrain server URL';
  if (!resolved.configured) return { state, message: 'No server was configured.', command };
  const split = splitOf(resolved);
  if (split !== undefined) return { state, message: split.message, howTo: split.advice, command };
  if (mayCarryToken(new URL(resolved.resolved_server_url))) return undefined;
  const message = `A token would travel unencrypted to ${resolved.resolved_server_url}.`;
  return { state, message, command: 'redrain server https://…' };
}

function splitOf(resolved: TargetAuthority): SplitBrainError | undefined {
  try {
    assertNotSplit(resolved);
    return undefined;
  } catch (error) {
    if (error instanceof SplitBrainError) return error;
    throw error;
  }
}

/** An expired token is not sent, and none is renewed to find out. */
async function tokenHeaders(
  { credentials, resolved }: OpenAuthority,
  now: number,
): Promise<Record<string, string>> {
  if (credentials.state !== 'found' || isExpired(credentials, now)) return {};
  if (!mayCarryToken(new URL(resolved.healthUrl))) return {};
  // Only a request needs what HTTP needs: captures pass by here too.
  const { teamHeader } = await import('../receivers/headers.js');
  return {
    Authorization: `Bearer ${credentials.token.reveal().trim()}`,
    ...teamHeader(credentials.teamSlug ?? undefined),
  };
}
