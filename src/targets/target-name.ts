import { isWithinRedrain } from './canonical-url.js';
import { ANONYMOUS } from './identity.js';

/** What a person may call a target. Digits alone are an id. */
const NAME = /^(?!\d+$)[a-z0-9][a-z0-9._-]{0,63}$/;

/** Leaves room for a number behind it. */
const LONGEST_SLUG = 56;

export const isTargetName = (text: string): boolean => NAME.test(text);

/** The name of a target that nobody named: its team, or the host of its canonical address. */
export function derivedName(
  { teamSlug }: { readonly teamSlug: string },
  canonical: string,
): string {
  const host = isWithinRedrain(canonical)
    ? canonical
    : (/^https?:\/\/([^/?#]+)/.exec(canonical)?.[1] ?? canonical);
  const hasTeam = teamSlug !== '' && teamSlug !== ANONYMOUS.teamSlug;
  const slug = (hasTeam ? teamSlug : host)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, LONGEST_SLUG);
  return isTargetName(slug) ? slug : `target-${slug}`.replace(/-$/, '');
}

/** The name, or the first of `name-2`, `name-3`… that is free. */
export function freeName(wanted: string, isTaken: (name: string) => boolean): string {
  let name = wanted;
  for (let n = 2; isTaken(name); n += 1) name = `${wanted.slice(0, LONGEST_SLUG)}-${n}`;
  return name;
}
