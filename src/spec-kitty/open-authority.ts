import type { HomePaths } from '../config/home.js';
import {
  type ResolvedSyncTarget,
  resolveSyncTarget,
  type ServerRequest,
  serverInForce,
} from './authority.js';
import { type CredentialLookup, identityOf, lookupCredentials } from './credentials/credentials.js';

/** Where to, as whom, and with which token. */
export interface OpenAuthority {
  readonly resolved: Readonly<ResolvedSyncTarget>;
  readonly credentials: CredentialLookup;
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
