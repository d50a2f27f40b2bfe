/** What a person may call a target. Digits alone are an id, in every place where a name may stand. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const LONGEST = 64;

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
  const slug = (place?.host || text)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .replace(/[^a-z0-9]+$/, '')
    .slice(0, LONGEST);
  return isTargetName(slug) ? slug : `target-${slug}`.slice(0, LONGEST).replace(/-$/, '');
}

/** The name, or with the first number behind it that is free: `a`, `a-2`, `a-3`. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`;
    const free = name.slice(0, LONGEST - suffix.length) + suffix;
    if (!isTaken(free)) return free;
  }
}
