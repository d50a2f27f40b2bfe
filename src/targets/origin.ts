import { canonicalUrl } from './canonical-url.js';

/** The origin credentials are filed under, or undefined when the address is unusable. */
export function originOf(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  try {
    const { origin, protocol } = new URL(canonicalUrl(url));
    return protocol === 'stub:' ? undefined : origin;
  } catch {
    return undefined;
  }
}
