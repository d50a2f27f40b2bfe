const KIB = 1024;
const FIRST_BYTES = 64 * KIB;

/** `taken` and `refused` are what one request of that size brought; `unknown` decides nothing. */
export type SizeVerdict = 'taken' | 'refused' | 'unknown';

export interface SizeLimit {
  /** Bytes of the largest request that was taken; null when none was tried. */
  readonly largestTaken: number | null;
  /** Bytes of the smallest that was refused; null when none was. */
  readonly smallestRefused: number | null;
}

/**
 * Looks for the size from which on requests are refused: doubles up to `most`
 * bytes, then halves the gap until it is a twentieth of the limit. `small` is
 * a size that was taken before.
 */
export async function findSizeLimit(
  small: number,
  most: number,
  take: (bytes: number) => Promise<SizeVerdict>,
): Promise<SizeLimit> {
  let taken = small;
  let refused: number | null = null;
  while (refused === null && taken < most) {
    const next = Math.min(most, Math.max(FIRST_BYTES, taken * 2));
    const verdict = await take(next);
    if (verdict === 'unknown') return { largestTaken: taken, smallestRefused: null };
    if (verdict === 'taken') taken = next;
    else refused = next;
  }
  while (refused !== null && refused - taken > Math.max(KIB, taken / 20)) {
    const middle = roundedDown((taken + refused) / 2);
    const verdict = await take(middle);
    if (verdict === 'unknown') return { largestTaken: taken, smallestRefused: null };
    if (verdict === 'taken') taken = middle;
    else refused = middle;
  }
  return { largestTaken: taken, smallestRefused: refused };
}

/** Limits are round numbers, as a rule. */
const roundedDown = (bytes: number): number => Math.floor(bytes / KIB) * KIB;
