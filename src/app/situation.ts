import type { ConfigDocument } from '../config/config-document.js';
import { ConfigReader } from '../config/document.js';
import type { HomePaths } from '../config/home.js';
import { DEFAULT_SETTINGS, type SyncSettings } from '../config/settings.js';
import type { ClosedGate } from '../dispatch/ports.js';
import { policyOf } from '../policy/mode.js';
import { teamspaceGate } from '../spec-kitty/gates.js';
import { type OpenAuthority, openAuthority } from '../spec-kitty/open-authority.js';
import { type ActiveTarget, activeTarget } from '../targets/active-target.js';
import { UnusableUrlError } from '../targets/canonical-url.js';
import type { TargetDescription } from '../targets/registry.js';

export interface SituationRequest {
  readonly paths: HomePaths;
  readonly env: NodeJS.ProcessEnv;
  readonly processWideOverride?: boolean | undefined;
  /** For those who ask again and again: parses config.toml only when it has changed. */
  readonly reader?: ConfigReader | undefined;
}

/** Configuration, authority and active target, resolved once and together. */
export interface Situation {
  readonly config: ConfigDocument;
  /** Defaults while the configuration is unreadable; delivery is closed then. */
  readonly settings: SyncSettings;
  /** Undefined when config.toml or an address in it cannot be used. */
  readonly authority: OpenAuthority | undefined;
  /** Why there is no authority. */
  readonly authorityError: string | undefined;
  readonly active: ActiveTarget;
  /** The target row this situation speaks of; undefined while its identity is not known. */
  readonly description: TargetDescription | undefined;
  /** The first closed gate that can be seen without any network. */
  readonly gate: ClosedGate | undefined;
}

/** Reads files, opens no socket and no database, changes nothing. Never throws for what it finds. */
export async function readSituation(request: SituationRequest): Promise<Situation> {
  const config = await (request.reader ?? new ConfigReader(request.paths.config)).read();
  const { authority, error } = await tryAuthority(request, config);
  const settings = config.state === 'unreadable' ? DEFAULT_SETTINGS : config.settings;
  const active: ActiveTarget =
    config.state === 'unreadable'
      ? { state: 'error', message: config.reason }
      : activeTarget(settings.mode, authority?.resolved, settings.external);
  return {
    config,
    settings,
    authority,
    authorityError: error,
    active,
    description: describe(active, authority),
    gate: withReason(closedGate(request, config, settings, authority, active), error),
  };
}

async function tryAuthority(
  request: SituationRequest,
  config: ConfigDocument,
): Promise<{ authority?: OpenAuthority; error?: string }> {
  if (config.state === 'unreadable') return { error: config.reason };
  try {
    return { authority: await openAuthority({ ...request, config }) };
  } catch (error) {
    if (error instanceof UnusableUrlError) return { error: error.message };
    throw error;
  }
}

/** A Teamspace nobody is signed in at has no identity yet: a row would fork at the first login. */
function describe(
  active: ActiveTarget,
  authority: OpenAuthority | undefined,
): TargetDescription | undefined {
  if (active.state !== 'target') return undefined;
  const { identity, settings, unsaid = [] } = active;
  if (identity.kind === 'teamspace' && !isSignedIn(authority)) return undefined;
  return { ...identity, settings, unsaid };
}

function isSignedIn(authority: OpenAuthority | undefined): boolean {
  const credentials = authority?.credentials;
  return credentials?.state === 'found' && (credentials.teamSlug ?? '').trim() !== '';
}

function closedGate(
  { env }: SituationRequest,
  config: ConfigDocument,
  settings: SyncSettings,
  authority: OpenAuthority | undefined,
  active: ActiveTarget,
): ClosedGate | undefined {
  if (config.state === 'unreadable' || policyOf(settings.mode).delivery === 'teamspace')
    return teamspaceGate({
      env: config.state === 'unreadable' ? ALWAYS_ON : env,
      config,
      resolved: authority?.resolved,
      credentials: authority?.credentials,
      privateTeamspaceEvidence: undefined,
    });
  if (active.state !== 'error') return undefined;
  return { reason: 'config_unreadable', message: active.message };
}

/** Why there is no authority says more than that there is none. */
function withReason(
  gate: ClosedGate | undefined,
  authorityError: string | undefined,
): ClosedGate | undefined {
  if (gate?.reason !== 'config_unreadable' || authorityError === undefined) return gate;
  return gate.message.includes(authorityError) ? gate : { ...gate, message: authorityError };
}

/** While the mode cannot be read, the switch of one mode says nothing: the file does. */
const ALWAYS_ON: NodeJS.ProcessEnv = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' };
