import { Address } from '../address/address.js';
import { shownAddress } from '../address/shown-address.js';
import { type ConfigDocument, settingsOf } from '../config/document.js';
import type { HomePaths } from '../config/home.js';
import { DEFAULT_SERVER_URL, environmentOverrides } from '../config/settings.js';
import { canonicalUrl, isWithinRedrain, UnusableUrlError } from '../targets/canonical-url.js';
import { type ActiveScopeStatus, activeScopeStatus } from './active-scope.js';
import { SplitBrainError } from './authority-errors.js';
import { asciiScope, queueDbPath, scopeOf } from './scope.js';
import { type HostedSurfaces, surfacesOf } from './surfaces.js';

export type OverrideMode = 'none' | 'setup_only' | 'process_override';

/** Who is signed in at the resolved server; null where unknown. */
export interface SyncIdentity {
  readonly user: string | null;
  readonly team: string | null;
}

/** What a process was told about servers. */
export interface ServerRequest {
  readonly env: NodeJS.ProcessEnv;
  readonly config: ConfigDocument;
  /** The library's way to say `setup_only` (false) or to overrule it (true). */
  readonly processWideOverride?: boolean | undefined;
}

export interface ResolveRequest extends ServerRequest {
  readonly paths: HomePaths;
  readonly identity: SyncIdentity;
}

/** The server in force, before anybody is known to be signed in there. Canonical addresses. */
export interface ServerInForce {
  readonly configured: string | null;
  readonly env: string | null;
  readonly overrideMode: OverrideMode;
  readonly resolved: string;
  /** The winning text as written: old scopes were made of that. */
  readonly asWritten: string;
  /** False when nobody named a server and the documented default stands in. */
  readonly isConfigured: boolean;
}

/** The nine fields every report shows; addresses as people may see them. */
export interface TargetAuthority {
  readonly configured_server_url: string | null;
  readonly env_server_url: string | null;
  readonly override_mode: OverrideMode;
  readonly resolved_server_url: string;
  readonly user_id: string | null;
  readonly team_slug: string | null;
  /** ASCII only, for show. */
  readonly derived_queue_scope: string;
  readonly queue_db_path: string;
  readonly active_queue_scope_status: ActiveScopeStatus;
}

/** The one answer to "where to, as whom", for the whole process. Frozen. */
export interface ResolvedSyncTarget extends TargetAuthority, HostedSurfaces {
  readonly configured: boolean;
  /** The canonical address of the server itself. */
  readonly server: Address;
}

/**
 * The one reader of `SPEC_KITTY_SAAS_URL` and `[sync].server_url`. The two are
 * compared in their canonical form. They differ, also when only the variable is
 * set and the documented default would hold without it: the variable wins, or,
 * declared `setup_only`, the configured one stays and `assertNotSplit` throws.
 *
 * @throws ConfigUnreadableError when config.toml cannot be used.
 * @throws UnusableUrlError when an address cannot be used; it names the source.
 */
export function serverInForce(request: ServerRequest): ServerInForce {
  const written = settingsOf(request.config).configuredServerUrl;
  const override = present(request.env.SPEC_KITTY_SAAS_URL);
  const configured = usable(written, 'config.toml [sync].server_url');
  const env = usable(override, 'SPEC_KITTY_SAAS_URL');
  const overrideMode = overrideModeOf(request, configured ?? DEFAULT_SERVER_URL, env);
  const isOverridden = overrideMode === 'process_override';
  return {
    configured,
    env,
    overrideMode,
    resolved: (isOverridden ? env : configured) ?? DEFAULT_SERVER_URL,
    asWritten: (isOverridden ? override : written) ?? DEFAULT_SERVER_URL,
    isConfigured: configured !== null || env !== null,
  };
}

/**
 * The immutable target of this process. Takes no scope and no queue path: both
 * follow from server and identity. Reads one file, the marker whose status is
 * reported.
 *
 * @throws ConfigUnreadableError, UnusableUrlError as `serverInForce`.
 */
export function resolveSyncTarget(request: ResolveRequest): Readonly<ResolvedSyncTarget> {
  const server = serverInForce(request);
  const user = present(request.identity.user) ?? null;
  const team = present(request.identity.team) ?? null;
  const parts = { server: server.asWritten, user, team };
  const scope = scopeOf(parts);
  return showable({
    configured_server_url: shownOrNull(server.configured),
    env_server_url: shownOrNull(server.env),
    override_mode: server.overrideMode,
    resolved_server_url: shownAddress(server.resolved),
    server: new Address(server.resolved),
    user_id: user,
    team_slug: team,
    derived_queue_scope: asciiScope(scopeOf({ ...parts, server: shownAddress(parts.server) })),
    queue_db_path: queueDbPath(request.paths, parts),
    active_queue_scope_status: activeScopeStatus(request.paths.activeScope, scope),
    configured: server.isConfigured,
    ...surfacesOf(server.resolved),
  });
}

/** Call before anything that could reach the network. @throws SplitBrainError */
export function assertNotSplit(target: TargetAuthority): void {
  if (target.override_mode !== 'setup_only') return;
  throw new SplitBrainError(
    target.configured_server_url ?? DEFAULT_SERVER_URL,
    target.env_server_url ?? '',
    target.configured_server_url === null,
  );
}

/** The line for stderr before the first network call, or undefined when nothing is overridden. */
export function overrideWarning(target: TargetAuthority): string | undefined {
  if (target.override_mode !== 'process_override') return undefined;
  const instead =
    target.configured_server_url === null
      ? `the default ${DEFAULT_SERVER_URL} (config.toml names none)`
      : `${target.configured_server_url} of config.toml`;
  return `warning: SPEC_KITTY_SAAS_URL sends this whole process to ${target.env_server_url}, instead of ${instead}.`;
}

function overrideModeOf(
  { env, processWideOverride }: ServerRequest,
  configured: string,
  envUrl: string | null,
): OverrideMode {
  if (envUrl === null || envUrl === configured) return 'none';
  const isWide = processWideOverride ?? environmentOverrides(env);
  return isWide ? 'process_override' : 'setup_only';
}

function usable(text: string | undefined, source: string): string | null {
  if (text === undefined) return null;
  try {
    const url = canonicalUrl(text);
    if (!isWithinRedrain(url)) return url;
    throw new UnusableUrlError(url, 'a server needs https:// or http://.');
  } catch (error) {
    if (!(error instanceof UnusableUrlError)) throw error;
    throw new UnusableUrlError(`${source} = ${error.shownUrl}`, error.reason);
  }
}

const shownOrNull = (url: string | null): string | null =>
  url === null ? null : shownAddress(url);

/** Frozen; the surfaces are there to be posted to, and are serialised as addresses are shown. */
function showable(target: ResolvedSyncTarget): Readonly<ResolvedSyncTarget> {
  const { server: _server, ...fields } = target;
  const surfaces = surfacesOf(target.resolved_server_url);
  const toJSON = () => ({ ...fields, ...surfaces });
  return Object.freeze(Object.defineProperty(target, 'toJSON', { value: toJSON }));
}

const present = (text: string | null | undefined): string | undefined =>
  text?.trim() ? text : undefined;
