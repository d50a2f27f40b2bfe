import { faultOffset } from '../../json/canonical.js';

/** Longest token a cut can leave unreadable: `-Infinity`, or the start of an exponent. */
const LONGEST_TOKEN = 16;

/** Whether these bytes are JSON as far as they go, so that what follows may complete them. */
export function isJsonPrefix(bytes: Buffer): boolean {
  const fault = faultOffset(bytes);
  return fault === undefined || fault >= bytes.length - LONGEST_TOKEN;
}
