import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The checkout a directory belongs to: its nearest ancestor with a `.git`,
 * else the directory itself. Events of one checkout then share one origin,
 * whichever of its directories they were captured in.
 */
export function checkoutOf(directory: string): string {
  for (let candidate = directory; ; candidate = dirname(candidate)) {
    if (existsSync(join(candidate, '.git'))) return candidate;
    if (dirname(candidate) === candidate) return directory;
  }
}
