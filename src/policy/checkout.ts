/**
 * The configured path that speaks for a directory: itself or its nearest
 * configured ancestor, compared segment by segment (`/a/bc` is not inside
 * `/a/b`). Trailing and doubled slashes do not matter, letter case does.
 * Purely textual: symbolic links are not followed. Relative configured paths
 * speak for nothing.
 */
export function governingCheckout(
  directory: string,
  configured: Iterable<string>,
): string | undefined {
  const inside = withSlash(directory);
  let best: { path: string; length: number } | undefined;
  for (const path of configured) {
    const prefix = withSlash(path);
    if (!isAbsolute(path) || !inside.startsWith(prefix)) continue;
    if (best === undefined || prefix.length > best.length) best = { path, length: prefix.length };
  }
  return best?.path;
}

const WINDOWS = /^[A-Za-z]:[\\/]/;

const isAbsolute = (path: string): boolean => path.startsWith('/') || WINDOWS.test(path);

/** A spelling that ends in one slash, so that `startsWith` compares whole segments. */
function withSlash(path: string): string {
  const slashed = WINDOWS.test(path) ? path.replaceAll('\\', '/') : path;
  return `${slashed}/`.replaceAll(/\/+/g, '/');
}
