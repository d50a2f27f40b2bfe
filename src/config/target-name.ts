/** What a person may call a target. Digits alone are an id, in every place where a name may stand. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** Leaves room for a number behind it. */
const LONGEST_SLUG = 56;

/** Why a text cannot be the name of a target; undefined when it can. */
export function nameFault(name: string): string | undefined {
  if (/^\d+$/.test(name)) return 'a name of digits alone would be taken for an id';
  if (NAME.test(name)) return undefined;
  return 'a name has 1 to 64 of a-z, 0-9, ".", "_" and "-", and begins with a letter or digit';
}

export const isTargetName = (text: string): boolean => nameFault(text) === undefined;

/** The name of a target that nobody named: its host and port, or the name of its stub. */
export function nameFromAddress(address: string): string {
  const text = address.trim();
  const place = URL.canParse(text) ? new URL(text) : undefined;
  return slugName(place?.host || text);
}

/** The name that is most like a text. */
export function slugName(text: string): string {
  const slug = text
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
