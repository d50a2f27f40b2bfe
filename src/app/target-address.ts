import { shownAddress } from '../address/shown-address.js';
import { variablesOfFrame } from '../config/request-frame.js';
import { externalIdentity } from '../targets/identity.js';
import type { App } from './app.js';
import { lookUp } from './named-target.js';

/** What another address of a target means, to be said before it is set. */
export interface OtherAddress {
  /** Both as people may see them. */
  readonly from: string;
  readonly to: string;
  /** The other host gets what these variables hold; empty while the host stays. */
  readonly secrets: readonly string[];
  /** The name of the known target at the new address; null for one that is new. */
  readonly known: string | null;
}

/**
 * Whether a target would be another one with this address. Undefined for the
 * same target, and for one that has no address that can be used. Changes nothing.
 *
 * @throws UnknownTargetNameError, UnusableUrlError.
 */
export async function otherAddress(
  app: App,
  given: string,
  url: string,
): Promise<OtherAddress | undefined> {
  const to = externalIdentity(url);
  return app.reading(async ({ situation, stores }) => {
    if (situation.settings.targets.get(given)?.fault !== undefined) return undefined;
    const { record, description } = await lookUp(stores?.targets, situation, given);
    const from = record ?? description;
    if (from === undefined || from.urlHash === to.urlHash) return undefined;
    const { settings } = description ?? from;
    const { authEnv, headers = {}, secretEnv = [] } = settings;
    const named = [authEnv, ...Object.values(headers), ...secretEnv, ...variablesOfFrame(settings)];
    const isElsewhere = hostOf(from.rawEndpoint.reveal()) !== hostOf(url);
    const known = await stores?.targets.findByKey(to);
    return {
      from: from.canonicalUrl,
      to: shownAddress(url),
      secrets: isElsewhere ? named.filter((name) => name !== undefined) : [],
      known: known?.name ?? null,
    };
  });
}

const hostOf = (address: string): string =>
  URL.canParse(address) ? new URL(address).host : address;
