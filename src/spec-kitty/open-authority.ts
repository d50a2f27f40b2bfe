import type { ConfigDocument } from '../config/document.js';
import type { HomePaths } from '../config/home.js';
import { UnusableUrlError } from '../targets/canonical-url.js';
import {
  type ResolvedSyncTarget,
  resolveSyncTarget,
  type ServerRequest,
  serverInForce,
} from './authority.js';
import { type CredentialLookup, identityOf, lookupCredentials } from './credentials/lookup.js';

/** Where to, as whom, and with which token. */
export interface OpenAuthority {
  readonly resolved: Readonly<ResolvedSyncTarget>;
  readonly credentials: CredentialLookup;
}

/** What is known of Spec Kitty's server and login at one moment. */
export interface SpecKittyLogin {
  /** Undefined when config.toml or an address in it cannot be used. */
  readonly authority: OpenAuthority | undefined;
  /** Why there is no authority. */
  readonly authorityError: string | undefined;
}

/**
 * Resolves server, credentials and target of a process in the one order that
 * works: credentials belong to a server, and the identity comes from them.
 *
 * @throws ConfigUnreadableError, UnusableUrlError as `serverInForce`.
 */
export async function openAuthority(
  request: ServerRequest & { readonly paths: HomePaths },
): Promise<OpenAuthority> {
  const { resolved: url, isConfigured } = serverInForce(request);
  const server = { url, takesEnvironmentToken: isConfigured };
  const credentials = await lookupCredentials({ ...request, server });
  const resolved = resolveSyncTarget({ ...request, identity: identityOf(credentials) });
  return { resolved, credentials };
}

/** The authority, or why there is none. Never throws for what it finds. */
export async function readLogin(
  request: Omit<ServerRequest, 'config'> & { readonly paths: HomePaths },
  config: ConfigDocument,
): Promise<SpecKittyLogin> {
  if (config.state === 'unreadable') return { authority: undefined, authorityError: config.reason };
  try {
    return { authority: await openAuthority({ ...request, config }), authorityError: undefined };
  } catch (error) {
    if (error instanceof UnusableUrlError)
      return { authority: undefined, authorityError: error.message };
    throw error;
  }
}
