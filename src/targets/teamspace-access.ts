import type { HomePaths } from '../config/home.js';
import type { Secret } from '../config/secret.js';
import type { ClosedGate } from '../dispatch/ports.js';
import { teamspaceGate } from '../policy/gates.js';
import { type CredentialLookup, lookupCredentials } from './credentials.js';
import type { TargetRecord } from './registry.js';
import type { Situation } from './situation.js';

export interface TeamspaceAccess {
  gate(): Promise<ClosedGate | undefined>;
  token(): Promise<Secret | undefined>;
}

/**
 * Gates and token of one Teamspace target: those of its own server and its own
 * identity, whatever the active target is (SPEC section 3). Looked up afresh
 * each time, so that a login during a long drain counts.
 */
export function teamspaceAccess(
  target: TargetRecord,
  situation: Situation,
  given: { readonly paths: HomePaths; readonly env: NodeJS.ProcessEnv },
): TeamspaceAccess {
  const lookup = (): Promise<CredentialLookup> =>
    lookupCredentials({
      ...given,
      server: {
        url: target.canonicalUrl,
        takesEnvironmentToken: isServerInForce(target, situation),
      },
    });
  return {
    async gate() {
      const credentials = await lookup();
      const { config } = situation;
      const resolved = { resolved_server_url: target.canonicalUrl };
      const facts = { env: given.env, config, resolved, credentials };
      const closed = teamspaceGate({ ...facts, privateTeamspaceEvidence: undefined });
      return closed ?? foreignIdentity(target, credentials);
    },
    async token() {
      const credentials = await lookup();
      return credentials.state === 'found' ? credentials.token : undefined;
    },
  };
}

function isServerInForce(target: TargetRecord, { authority }: Situation): boolean {
  const resolved = authority?.resolved;
  return resolved?.configured === true && resolved.resolved_server_url === target.canonicalUrl;
}

/** Somebody else is signed in at this server now: their token is not this target's. */
function foreignIdentity(
  target: TargetRecord,
  credentials: CredentialLookup,
): ClosedGate | undefined {
  const team = credentials.teamSlug?.trim() ?? '';
  const user = credentials.username?.trim().toLowerCase() ?? '';
  if (team === target.teamSlug && user === target.userEmail) return undefined;
  const message =
    `Target ${target.id} is team ${target.teamSlug} and user ${target.userEmail || '(none)'} at ` +
    `${target.canonicalUrl}, but the credentials there are of team ${team} and user ${user || '(none)'}. ` +
    `Sign in as the former with \`redrain login ${target.canonicalUrl}\`.`;
  return { reason: 'missing_auth', message };
}
