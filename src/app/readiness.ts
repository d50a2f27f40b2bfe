import { mayCarryToken } from '../policy/bearer.js';
import { policyOf } from '../policy/mode.js';
import type { Reachability } from '../receivers/reachability.js';
import { assertNotSplit, type ResolvedSyncTarget } from '../spec-kitty/authority.js';
import { SplitBrainError } from '../spec-kitty/authority-errors.js';
import { saasEnabled } from '../spec-kitty/saas-switch.js';
import { isExpired, whyNotRenewable } from '../spec-kitty/tokens/token-freshness.js';
import type { App } from './app.js';
import { endpointGateOf } from './endpoint-gate.js';
import { type AskHttp, reach } from './reach.js';
import type { Situation } from './situation.js';

/** Whether events could leave now: the first of these that holds, in this order. */
export type ReadinessState =
  | 'rollout_disabled'
  | 'missing_auth'
  | 'missing_host_config'
  | 'host_unreachable'
  | 'ready';

export interface ReadinessReport {
  readonly state: ReadinessState;
  readonly message: string;
  /** What to type next; null when nothing is missing. */
  readonly next_action: string | null;
  /** What was judged; null when config.toml or an address in it cannot be used. */
  readonly target: Readonly<ResolvedSyncTarget> | null;
}

/** What stands in the way, as far as this machine can tell alone. */
export interface Obstacle {
  readonly state: ReadinessState;
  readonly message: string;
  /** The command that ends it; null where no one command does. */
  readonly command: string | null;
  /** What ends it where no one command does. */
  readonly advice?: string;
}

/**
 * Judges switch, login and configuration without any network, and only then
 * asks the target, once and for at most five seconds. Changes nothing and
 * renews no token.
 */
export async function readiness(app: App, ask?: AskHttp): Promise<ReadinessReport> {
  const situation = await app.situation();
  const target = situation.authority?.resolved ?? null;
  const obstacle = obstacleOf(app, situation);
  const verdict = obstacle ?? fromAnswer(situation, await reach(app, situation, ask));
  return readinessReport(verdict, target);
}

/** A verdict as programs read it. */
export function readinessReport(
  { state, message, command, advice }: Obstacle,
  target: ReadinessReport['target'],
): ReadinessReport {
  return { state, message, next_action: command ?? advice ?? null, target };
}

/** The first obstacle that can be seen without any network, or undefined. */
export function obstacleOf(app: App, situation: Situation): Obstacle | undefined {
  return CHECKS.map((check) => check(app, situation)).find((found) => found !== undefined);
}

/** What the answer of the target makes of readiness. */
export function fromAnswer(situation: Situation, answer: Reachability | undefined): Obstacle {
  const where = addressOf(situation);
  if (answer === undefined)
    return { state: 'ready', message: `${where} is within redrain: ready`, command: null };
  const message = `${where}: ${answer.message}`;
  switch (answer.state) {
    case 'healthy':
    case 'unconfirmed':
      return { state: 'ready', message, command: null };
    case 'refused':
      return { state: 'missing_auth', message, command: `redrain login ${where}` };
    case 'unreachable':
      return { state: 'host_unreachable', message, command: null, advice: UNREACHABLE };
  }
}

const UNREACHABLE =
  'compare the address: redrain server, or redrain mode, shows it; then look at network and proxy';

/** The address of the active target as people know it. */
export function addressOf({ active, authority }: Situation): string {
  if (active.state === 'target') return active.identity.canonicalUrl;
  return authority?.resolved.resolved_server_url ?? 'no server';
}

type Check = (app: App, situation: Situation) => Obstacle | undefined;

const CHECKS: readonly Check[] = [rollout, configRead, teamspaceLogin, endpointGate, hostConfig];

const obstacle = (
  state: ReadinessState,
  message: string,
  command: string | { readonly advice: string },
): Obstacle =>
  typeof command === 'string'
    ? { state, message, command }
    : { state, message, command: null, advice: command.advice };

const isTeamspace = ({ config, settings }: Situation): boolean =>
  config.state === 'unreadable' || policyOf(settings.mode).delivery === 'teamspace';

function rollout(app: App, situation: Situation): Obstacle | undefined {
  const { active } = situation;
  if (active.state === 'none')
    return obstacle('rollout_disabled', active.message, { advice: SEND_AGAIN });
  if (!isTeamspace(situation) || saasEnabled(app.env)) return undefined;
  return obstacle(
    'rollout_disabled',
    'Sending to the Teamspace is switched off; events are kept.',
    'export SPEC_KITTY_ENABLE_SAAS_SYNC=1',
  );
}

const SEND_AGAIN =
  'redrain mode TEAMSPACE, or redrain mode EXTERNAL_RECEIVER --endpoint URL, sends again';

/** Who would log in, and where, is not known while the file cannot be read. */
function configRead(_app: App, { config, authorityError }: Situation): Obstacle | undefined {
  if (config.state === 'unreadable')
    return obstacle('missing_host_config', config.reason, { advice: `mend ${config.path}` });
  if (authorityError === undefined) return undefined;
  return obstacle('missing_host_config', authorityError, 'redrain server URL');
}

function teamspaceLogin(app: App, situation: Situation): Obstacle | undefined {
  const { authority, gate } = situation;
  if (!isTeamspace(situation) || authority === undefined) return undefined;
  const { credentials, resolved } = authority;
  const login = `redrain login ${resolved.resolved_server_url}`;
  if (gate !== undefined && LOGIN_GATES.has(gate.reason))
    return obstacle('missing_auth', gate.message, login);
  if (credentials.state !== 'found' || !isExpired(credentials, app.now())) return undefined;
  const why = whyNotRenewable(credentials, app.now());
  if (why === undefined) return undefined;
  return obstacle('missing_auth', `The login has expired, and ${why}.`, login);
}

const LOGIN_GATES: ReadonlySet<string> = new Set([
  'missing_auth',
  'missing_team',
  'private_teamspace_gate',
]);

/** What closes the gate of an operator's own endpoint, as far as this machine can tell. */
function endpointGate(app: App, { settings, active }: Situation): Obstacle | undefined {
  if (active.state !== 'target' || active.identity.kind !== 'external') return undefined;
  const gate = endpointGateOf(app, settings);
  if (gate === undefined) return undefined;
  const state = gate.reason === 'missing_auth' ? 'missing_auth' : 'missing_host_config';
  const { message, variable } = gate;
  return obstacle(
    state,
    message,
    variable === undefined ? 'redrain config' : `export ${variable}=…`,
  );
}

function hostConfig(_app: App, situation: Situation): Obstacle | undefined {
  const { active, authority } = situation;
  if (active.state === 'error')
    return obstacle(
      'missing_host_config',
      active.message,
      'redrain mode EXTERNAL_RECEIVER --endpoint URL',
    );
  if (!isTeamspace(situation) || authority === undefined) return undefined;
  const { resolved } = authority;
  if (!resolved.configured)
    return obstacle('missing_host_config', 'No server was configured.', 'redrain server URL');
  const split = splitMessage(resolved);
  if (split !== undefined) return obstacle('missing_host_config', split, 'redrain server URL');
  if (mayCarryToken(new URL(resolved.resolved_server_url))) return undefined;
  return obstacle(
    'missing_host_config',
    `A token would travel unencrypted to ${resolved.resolved_server_url}.`,
    'redrain server https://…',
  );
}

function splitMessage(resolved: ResolvedSyncTarget): string | undefined {
  try {
    assertNotSplit(resolved);
    return undefined;
  } catch (error) {
    if (error instanceof SplitBrainError) return error.message;
    throw error;
  }
}
