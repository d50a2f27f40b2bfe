import { nameFromAddress, slugName } from '../config/target-name.js';
import { ANONYMOUS } from './identity.js';

/** The name of a target that nobody named: its team, or the host of its canonical address. */
export function derivedName(
  { teamSlug }: { readonly teamSlug: string },
  canonical: string,
): string {
  const hasTeam = teamSlug !== '' && teamSlug !== ANONYMOUS.teamSlug;
  return hasTeam ? slugName(teamSlug) : nameFromAddress(canonical);
}
