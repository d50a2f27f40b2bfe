/**
 * The configured path that decides about a directory: itself or its nearest
 * configured ancestor, compared segment by segment (`/a/bc` is not inside
 * `/a/b`). Trailing and doubled slashes do not matter, letter case does.
 * Purely textual: symbolic links are not followed. Relative configured paths
 * are ignored. Goes up the directory, so that it takes no longer with
 * many configured paths than with one.
 */
export function governingCheckout(
  directory: string,
  configured: ReadonlyMap<string, unknown>,
): string | undefined {
  const paths = spellings(configured);
  let prefix = withSlash(directory);
  while (prefix !== '') {
    const path = paths.get(prefix);
    if (path !== undefined) return path;
    prefix = above(prefix);
  }
  return undefined;
}

/** The directory above, which ends in a slash as well; empty above the topmost. */
const above = (prefix: string): string => prefix.slice(0, prefix.slice(0, -1).lastIndexOf('/') + 1);

const known = new WeakMap<ReadonlyMap<string, unknown>, ReadonlyMap<string, string>>();

/** The configured paths by their one spelling; of two that are equal the first speaks. */
function spellings(configured: ReadonlyMap<string, unknown>): ReadonlyMap<string, string> {
  let paths = known.get(configured);
  if (paths === undefined) {
    const absolute = [...configured.keys()].filter(isAbsolute).reverse();
    paths = new Map(absolute.map((path) => [withSlash(path), path]));
    known.set(configured, paths);
  }
  return paths;
}

const WINDOWS = /^[A-Za-z]:[\\/]/;

const isAbsolute = (path: string): boolean => path.startsWith('/') || WINDOWS.test(path);

/** A spelling that ends in one slash, so that `startsWith` compares whole segments. */
function withSlash(path: string): string {
  const slashed = WINDOWS.test(path) ? path.replaceAll('\\', '/') : path;
  return `${slashed}/`.replaceAll(/\/+/g, '/');
}
