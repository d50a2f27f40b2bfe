import { shownAddress } from '../../address/shown-address.js';
import { ifPossible } from '../../base/error.js';
import { readConfigDocument } from '../../config/document.js';
import { assertNotSplit, type ResolvedSyncTarget } from '../../spec-kitty/authority.js';
import { lookupCredentials } from '../../spec-kitty/credentials/lookup.js';
import { forgetLogin } from '../../spec-kitty/credentials/store.js';
import { openAuthority } from '../../spec-kitty/open-authority.js';
import type { App } from '../app.js';
import { isInForce, namedServer, serverOf } from './sign-in-server.js';

/** The document of `redrain logout --json`. */
export interface LogoutReport {
  readonly server: string;
  /** False when redrain kept no login for this server. */
  readonly removed: boolean;
  /** The file the login was in. */
  readonly kept_in: string;
  /** Where a token for this server is still found: logout is not the one to remove it. */
  readonly still_found_in: readonly string[];
}

/**
 * Forgets redrain's own login for one server. Opens no socket, and never
 * touches Spec Kitty's `credentials`.
 *
 * @throws UnusableUrlError, CredentialStoreError; without a URL also
 * SplitBrainError, ConfigUnreadableError, UnnamedServerError.
 */
export async function logout(app: App, url: string | undefined): Promise<LogoutReport> {
  const server = url === undefined ? await serverInForceHere(app) : namedServer(url);
  const removed = await forgetLogin(app.paths.ownCredentials, new URL(server).origin);
  const still_found_in = [...(await inEnvironment(app, server)), ...(await inFiles(app, server))];
  return {
    server: shownAddress(server),
    removed,
    kept_in: app.paths.ownCredentials,
    still_found_in,
  };
}

async function serverInForceHere(app: App): Promise<string> {
  const resolved = await resolvedTarget(app);
  assertNotSplit(resolved);
  return serverOf('logout', undefined, resolved);
}

async function resolvedTarget({ paths, env, options }: App): Promise<ResolvedSyncTarget> {
  const config = await readConfigDocument(paths.config);
  const { processWideOverride } = options;
  return (await openAuthority({ paths, env, config, processWideOverride })).resolved;
}

/** A broken configuration must not keep anybody from logging out of a server they name. */
async function inEnvironment(app: App, server: string): Promise<string[]> {
  const resolved = await ifPossible(resolvedTarget(app));
  if (resolved === undefined || !isInForce(server, resolved)) return [];
  return app.env.SPEC_KITTY_TOKEN?.trim() ? ['SPEC_KITTY_TOKEN'] : [];
}

async function inFiles({ paths, env }: App, url: string): Promise<string[]> {
  const server = { url, takesEnvironmentToken: false };
  const found = await lookupCredentials({ paths, env, server });
  return found.state === 'found' && 'path' in found.source ? [found.source.path] : [];
}
