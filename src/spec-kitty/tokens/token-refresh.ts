import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { shownAddress } from '../../address/shown-address.js';
import type { Advised } from '../../base/advice.js';
import { step } from '../../base/steps.js';
import type { HomePaths } from '../../config/home.js';
import type { Secret } from '../../config/secret.js';
import type { ClosedGate } from '../../dispatch/ports.js';
import { OsLock } from '../../files/os-lock.js';
import { plainMessage } from '../../files/trouble.js';
import type { CredentialLookup } from '../credentials/lookup.js';
import { assertKeepable, type FileSource, keepTokens } from '../credentials/rewrite.js';
import { surfacesOf } from '../surfaces.js';
import { isDue, whyNotRenewable } from './token-freshness.js';
import type { AskForTokens, TokenAnswer, TokenGrant } from './token-port.js';

/** Longer than one request for tokens can take. */
const LOCK_WAIT_MS = 45_000;

type Found = Extract<CredentialLookup, { state: 'found' }>;

/** What renewing a token of one server needs. */
export interface RenewalSurroundings {
  readonly paths: HomePaths;
  /** Canonical address of the server the credentials belong to. */
  readonly server: string;
  /** Reads the credentials of that server afresh. */
  lookup(): Promise<CredentialLookup>;
  readonly askForTokens: AskForTokens;
  /** Epoch milliseconds. */
  now(): number;
}

/**
 * Another access token in place of `stale`, which is about to expire or was
 * refused (docs/spec-kitty.md, "Tokens of a Teamspace"). Of several processes that
 * want one, a single one asks the server, under a lock that dies with its holder;
 * the others find the new token in the file. A gate says why there is none and
 * what to do; the file is then as it was.
 */
export async function renewedToken(
  stale: Secret,
  at: RenewalSurroundings,
): Promise<Secret | ClosedGate> {
  const lock = await OsLock.acquire(lockFile(at), AbortSignal.timeout(LOCK_WAIT_MS));
  if (lock === undefined)
    return unreachable(
      `another process is renewing the login at ${shownAddress(at.server)}. Try again.`,
    );
  try {
    return await renewUnderLock(stale, at);
  } finally {
    lock.release();
  }
}

async function renewUnderLock(
  stale: Secret,
  at: RenewalSurroundings,
): Promise<Secret | ClosedGate> {
  const found = await at.lookup();
  if (found.state === 'absent') return closedFor(found);
  if (isNews(found, stale, at.now())) return found.token;
  const { source, refresh } = found;
  if (source.kind === 'environment') return missingAuth(environmentMessage(source.variable, at));
  const obstacle = whyNotRenewable(found, at.now());
  if (obstacle !== undefined || refresh === undefined)
    return missingAuth(
      `The login at ${shownAddress(at.server)} has to be renewed, and ${obstacle}.`,
      howTo(at),
    );
  return refreshedFrom(source, refresh, stale, at);
}

async function refreshedFrom(
  source: FileSource,
  refresh: Secret,
  stale: Secret,
  at: RenewalSurroundings,
): Promise<Secret | ClosedGate> {
  try {
    assertKeepable(source, refresh);
    step('token.asking');
    const askedAt = at.now();
    const url = surfacesOf(at.server).tokenRefreshUrl;
    const answer = await at.askForTokens({ kind: 'refresh', url, refresh });
    if (answer.kind !== 'granted') return await withoutGrant(answer, stale, at);
    step('token.granted');
    const isKept = await keepTokens(source, refresh, tokensOf(answer.grant, askedAt));
    return isKept ? answer.grant.access : await replacedMeanwhile(stale, at);
  } catch (error) {
    return unkeepable(source, error, at);
  }
}

/** Spec Kitty renews without our lock: then the refusal is about a token that was just replaced. */
async function withoutGrant(
  answer: Exclude<TokenAnswer, { kind: 'granted' }>,
  stale: Secret,
  at: RenewalSurroundings,
): Promise<Secret | ClosedGate> {
  if (answer.kind === 'failed')
    return unreachable(
      `The login at ${shownAddress(at.server)} could not be renewed: ${answer.reason}`,
    );
  const found = await at.lookup();
  if (found.state === 'found' && isNews(found, stale, at.now())) return found.token;
  return missingAuth(
    `${shownAddress(at.server)} refused to renew the login: ${answer.reason}.`,
    howTo(at),
  );
}

/** Somebody logged in or out while we asked: what they left behind counts. */
async function replacedMeanwhile(
  stale: Secret,
  at: RenewalSurroundings,
): Promise<Secret | ClosedGate> {
  const found = await at.lookup();
  if (found.state === 'found' && isNews(found, stale, at.now())) return found.token;
  return missingAuth(
    `The login at ${shownAddress(at.server)} was changed while it was renewed.`,
    howTo(at),
  );
}

const isNews = (found: Found, stale: Secret, now: number): boolean =>
  found.token.reveal() !== stale.reveal() && !isDue(found, now);

const tokensOf = (grant: TokenGrant, askedAt: number) => ({
  access: grant.access,
  refresh: grant.refresh,
  expiresAt: askedAt + grant.accessLifetimeMs,
  refreshExpiresAt: askedAt + grant.refreshLifetimeMs,
});

/** One for each server: a slow one holds nobody else up. */
function lockFile({ paths, server }: RenewalSurroundings): string {
  const name = createHash('sha256').update(new URL(server).origin).digest('hex').slice(0, 16);
  return join(paths.locksDir, `tokens-${name}.lock`);
}

const closedFor = ({ message, advice }: Advised): ClosedGate => ({
  reason: 'missing_auth',
  message,
  advice,
});
const missingAuth = (message: string, advice?: string): ClosedGate =>
  closedFor({ message, advice });
const unreachable = (message: string): ClosedGate => ({ reason: 'network_unavailable', message });

const howTo = ({ server }: RenewalSurroundings): string =>
  `Run \`redrain login ${shownAddress(server)}\`.`;

const environmentMessage = (variable: string, { server }: RenewalSurroundings): string =>
  `${shownAddress(server)} refused the token in ${variable}, which cannot be renewed: set the variable to a new token.`;

/** Errors here come from the file system and our own TOML code: they quote no content. */
function unkeepable({ path }: FileSource, error: unknown, at: RenewalSurroundings): ClosedGate {
  const why = plainMessage(error);
  return missingAuth(
    `The login at ${shownAddress(at.server)} cannot be renewed, for ${path} cannot be rewritten: ${why}.`,
    `Fix that, or run \`redrain login ${shownAddress(at.server)}\`.`,
  );
}
