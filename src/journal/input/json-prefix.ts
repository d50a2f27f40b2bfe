import { faultOffset } from '../../json/canonical.js';

/** Longest token that a cut can leave unreadable: all of `-Infinity` but its last letter. */
const LONGEST_TOKEN = 8;
const PART_OF_TOKEN = /^[-+.\w]*$/;

/** Whether these bytes are JSON as far as they go, so that what follows may complete them. */
export function isJsonPrefix(bytes: Buffer): boolean {
  const fault = faultOffset(bytes);
  if (fault === undefined) return true;
  const tail = bytes.subarray(fault);
  return tail.length <= LONGEST_TOKEN && PART_OF_TOKEN.test(tail.toString('latin1'));
}
