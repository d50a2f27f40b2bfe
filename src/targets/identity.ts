import { Address } from '../address/address.js';
import { shownAddress } from '../address/shown-address.js';
import { canonicalUrl, kindWithin, urlHash } from './canonical-url.js';
import type { TargetDescription } from './registry.js';

/** What makes a target itself, and its address; how it is spoken to comes on top. */
export type TargetIdentity = Omit<TargetDescription, 'settings' | 'unsaid' | 'name'>;

/**
 * Team and user of every external target, so that logging in never makes a second one.
 * No team and no user can be called this, and neither is it "unknown", so an
 * external endpoint never meets a Teamspace at the same address.
 */
export const ANONYMOUS = Object.freeze({ teamSlug: '(none)', userEmail: '(anonymous)' });

/**
 * The operator's own endpoint, or a receiver within redrain for `stub:`.
 * @throws UnusableUrlError when the endpoint is not an address.
 */
export function externalIdentity(endpoint: string): TargetIdentity {
  const address = canonicalUrl(endpoint);
  return Object.freeze({
    kind: kindWithin(address) ?? 'external',
    canonicalUrl: shownAddress(address),
    urlHash: urlHash(address),
    ...ANONYMOUS,
    rawEndpoint: new Address(endpoint.trim()),
  });
}
