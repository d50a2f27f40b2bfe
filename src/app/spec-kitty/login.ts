import { shownAddress } from '../../address/shown-address.js';
import { readConfigDocument, settingsOf } from '../../config/document.js';
import { assertBearerMayTravel } from '../../policy/bearer.js';
import { assertNotSplit, overrideWarning } from '../../spec-kitty/authority.js';
import { assertStoreUsable, type NewLogin } from '../../spec-kitty/credentials/store.js';
import { type OpenAuthority, openAuthority } from '../../spec-kitty/open-authority.js';
import { type Proof, type SignInResult, signIn } from '../../spec-kitty/sign-in.js';
import { tokenRequests } from '../../spec-kitty/tokens/token-port.js';
import type { App } from '../app.js';
import { isInForce, serverOf } from './sign-in-server.js';

export interface LoginRequest {
  /** The server; that in force when absent. */
  readonly url?: string | undefined;
  /** Asked for once everything else is in order, so that nobody types a password for nothing. */
  proof(server: string): Promise<Proof>;
  /** Whose ready token it is. */
  readonly user?: string | undefined;
  /** Which team it is for; else what the server says. */
  readonly team?: string | undefined;
  /** Called with one line that must be seen before any network call. */
  onWarning(line: string): void;
}

/** The document of `redrain login --json`. Never holds a secret. */
export interface LoginReport {
  readonly server: string;
  readonly state: SignInResult['state'];
  /** Why there is no login, for a person. */
  readonly message: string | null;
  readonly user: string | null;
  readonly team_slug: string | null;
  readonly access_expires_at: string | null;
  readonly refresh_expires_at: string | null;
  /** The file of the logins. */
  readonly kept_in: string;
  /** False when events go to another server than this. */
  readonly is_server_in_force: boolean;
  /** True while a token in the environment goes before this login. */
  readonly is_overruled: boolean;
}

/**
 * Signs in at a server and keeps the tokens in redrain's own store, for that
 * server alone (docs/spec-kitty.md, "Tokens of a Teamspace").
 *
 * @throws SplitBrainError, ConfigUnreadableError, UnusableUrlError,
 * UnnamedServerError, InsecureBearerError, CredentialStoreError: all before a
 * socket opens.
 */
export async function login(app: App, request: LoginRequest): Promise<LoginReport> {
  const { paths, env, options } = app;
  const config = await readConfigDocument(paths.config);
  const { caFile } = settingsOf(config);
  const { processWideOverride, requestDeadlineMs } = options;
  const authority = await openAuthority({ paths, env, config, processWideOverride });
  assertNotSplit(authority.resolved);
  const server = serverOf('login', request.url, authority.resolved);
  assertBearerMayTravel(server);
  assertStoreUsable(paths.ownCredentials);
  const warning = overrideWarning(authority.resolved);
  if (warning !== undefined) request.onWarning(warning);
  const result = await signIn({
    server,
    proof: await request.proof(server),
    user: request.user,
    team: request.team,
    store: paths.ownCredentials,
    askForTokens: tokenRequests(env, caFile, requestDeadlineMs),
    now: () => app.now(),
  });
  return { ...surroundings(server, app, authority), ...outcome(result) };
}

function surroundings(server: string, { paths }: App, { resolved, credentials }: OpenAuthority) {
  const isServerInForce = isInForce(server, resolved);
  const hasVariable = credentials.state === 'found' && credentials.source.kind === 'environment';
  return {
    server: shownAddress(server),
    kept_in: paths.ownCredentials,
    is_server_in_force: isServerInForce,
    is_overruled: isServerInForce && hasVariable,
  };
}

function outcome(result: SignInResult) {
  const { state } = result;
  if (result.state !== 'signed_in') return { state, message: result.message, ...described(NOBODY) };
  return { state, message: null, ...described(result.login) };
}

type Described = Pick<NewLogin, 'username' | 'teamSlug' | 'expiresAt' | 'refreshExpiresAt'>;

const NOBODY: Described = {
  username: null,
  teamSlug: null,
  expiresAt: null,
  refreshExpiresAt: null,
};

const described = ({ username, teamSlug, expiresAt, refreshExpiresAt }: Described) => ({
  user: username,
  team_slug: teamSlug,
  access_expires_at: isoOrNull(expiresAt),
  refresh_expires_at: isoOrNull(refreshExpiresAt),
});

const isoOrNull = (time: number | null): string | null =>
  time === null ? null : new Date(time).toISOString();
