import { shownAddress } from '../address/shown-address.js';
import { canonicalUrl, UnusableUrlError } from '../targets/canonical-url.js';
import { externalIdentity } from '../targets/identity.js';
import type { App } from './app.js';
import { kindOf } from './kinds.js';

/**
 * What an operator has to know before another endpoint is set that differs
 * from a known one only in its query: it is another target, and gets
 * everything. Undefined for the same target, and for one that is known.
 */
export async function endpointChangeWarning(
  app: App,
  before: string | undefined,
  endpoint: string,
  option = '--endpoint ',
): Promise<string | undefined> {
  const { urlHash } = externalIdentity(endpoint);
  const known = [...(await knownEndpoints(app)), ...configured(before)];
  if (known.some((one) => externalIdentity(one).urlHash === urlHash)) return undefined;
  const sibling = known.find((one) => placeOf(one) === placeOf(endpoint));
  if (sibling === undefined) return undefined;
  return (
    `${shownAddress(endpoint)} is another target than ${shownAddress(sibling)}, as its query differs: ` +
    'everything will be sent there again. A key that changes belongs in a variable, which stays one ' +
    `target: ${option}'${withVariable(endpoint)}'`
  );
}

async function knownEndpoints(app: App): Promise<string[]> {
  const targets = await app.readingStores(async (stores) => stores?.targets.list());
  return (targets ?? [])
    .filter((target) => !kindOf(target).isHosted)
    .map(({ rawEndpoint }) => rawEndpoint.reveal());
}

function configured(endpoint: string | undefined): string[] {
  if (endpoint === undefined) return [];
  try {
    canonicalUrl(endpoint);
    return [endpoint];
  } catch (error) {
    if (error instanceof UnusableUrlError) return [];
    throw error;
  }
}

const placeOf = (endpoint: string): string => canonicalUrl(endpoint.replace(/[?#].*$/s, ''));

const withVariable = (endpoint: string): string =>
  shownAddress(endpoint).replaceAll('=…', `=\${HOOK_KEY}`);
