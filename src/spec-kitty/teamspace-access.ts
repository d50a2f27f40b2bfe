import type { Advised } from '../base/advice.js';
import { Secret } from '../config/secret.js';
import type { ClosedGate } from '../dispatch/ports.js';
import { canonicalUrl } from '../targets/canonical-url.js';
import type { TargetRecord } from '../targets/registry.js';
import { type CredentialLookup, lookupCredentials } from './credentials/lookup.js';
import { teamspaceGate } from './gates.js';
import type { TeamspaceCircumstances } from './teamspace-kind.js';
import { isDue, isExpired, whyNotRenewable } from './tokens/token-freshness.js';
import type { AskForTokens } from './tokens/token-port.js';

/** What a Teamspace receiver is told of its target's login. */
export interface TeamspaceAccess {
  gate(): Promise<ClosedGate | undefined>;
  /** The token to send, renewed when it is about to expire, or why there is none. */
  token(): Promise<Secret | ClosedGate>;
  /** Another token after the server refused the last one, or why there is none. */
  renewedToken(): Promise<Secret | ClosedGate>;
  /** What to type when nothing else helps. */
  readonly loginCommand: string;
}

export interface AccessSurroundings {
  readonly askForTokens: AskForTokens;
  /** Epoch milliseconds. */
  now(): number;
}

/**
 * Gates and token of one Teamspace target: those of its own server and its own
 * identity, whatever the active target is. Looked up afresh each time, so that a
 * login during a long drain counts.
 */
export function teamspaceAccess(
  target: TargetRecord,
  at: TeamspaceCircumstances,
  given: AccessSurroundings,
): TeamspaceAccess {
  const { paths, env } = at;
  const server = canonicalUrl(target.rawEndpoint.reveal());
  const takesEnvironmentToken = isServerInForce(target, at);
  const lookup = (): Promise<CredentialLookup> =>
    lookupCredentials({ paths, env, server: { url: server, takesEnvironmentToken } });
  const renewed = async (stale: Secret): Promise<Secret | ClosedGate> => {
    const { renewedToken } = await import('./tokens/token-refresh.js');
    return renewedToken(stale, { ...given, paths, server, lookup, now: () => given.now() });
  };
  let lastGiven: Secret | undefined;
  return {
    loginCommand: `redrain login ${target.canonicalUrl}`,
    async gate() {
      const credentials = await lookup();
      return gateOf(target, at, given.now(), credentials);
    },
    async token() {
      const found = await lookup();
      if (found.state === 'absent') return missingAuth(found);
      const token = isDue(found, given.now()) ? await renewed(found.token) : found.token;
      // What cannot be renewed is still good until it ends.
      const isUsed = token instanceof Secret || isExpired(found, given.now());
      const answer = isUsed ? token : found.token;
      if (answer instanceof Secret) lastGiven = answer;
      return answer;
    },
    async renewedToken() {
      const found = await lookup();
      if (found.state === 'absent') return missingAuth(found);
      return renewed(lastGiven ?? found.token);
    },
  };
}

function gateOf(
  target: TargetRecord,
  { config, env }: TeamspaceCircumstances,
  now: number,
  found: CredentialLookup,
): ClosedGate | undefined {
  const resolved = { resolved_server_url: target.canonicalUrl };
  const over = whyOver(target, found, now);
  const credentials = over === undefined ? found : { state: 'absent' as const, ...over };
  const facts = { env, config, resolved, credentials, privateTeamspaceEvidence: undefined };
  return teamspaceGate(facts) ?? foreignIdentity(target, found);
}

/** A login that has ended and cannot be renewed is none: known without asking anyone. */
function whyOver(
  { canonicalUrl }: TargetRecord,
  found: CredentialLookup,
  now: number,
): Advised | undefined {
  if (found.state === 'absent' || !isExpired(found, now)) return undefined;
  const obstacle = whyNotRenewable(found, now);
  if (obstacle === undefined) return undefined;
  const message = `The login at ${canonicalUrl} has expired, and ${obstacle}.`;
  return { message, advice: `Run \`redrain login ${canonicalUrl}\`.` };
}

const missingAuth = ({ message, advice }: Advised): ClosedGate => ({
  reason: 'missing_auth',
  message,
  advice,
});

function isServerInForce(target: TargetRecord, { authority }: TeamspaceCircumstances): boolean {
  const resolved = authority?.resolved;
  return (
    resolved?.configured === true &&
    resolved.server.reveal() === canonicalUrl(target.rawEndpoint.reveal())
  );
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
    `${target.canonicalUrl}, but the credentials there are of team ${team} and user ${user || '(none)'}.`;
  const advice = `Sign in as the former with \`redrain login ${target.canonicalUrl}\`.`;
  return { reason: 'missing_auth', message, advice };
}
