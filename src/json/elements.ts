import { CLOSE_BRACKET, COMMA, OPEN_BRACKET } from './ascii.js';
import { endOfValue, skipSpace } from './scan.js';
import { topLevelMembers } from './top-level.js';

/** Byte ranges (end exclusive) of an array's elements, and the offset just past its `]`. */
export interface ArrayElements {
  readonly ranges: (readonly [start: number, end: number])[];
  readonly end: number;
}

/**
 * The elements of the JSON array that starts at `from` (whitespace before it is
 * skipped). The text must already be known to be JSON; any depth will do.
 */
export function arrayElements(bytes: Buffer, from: number): ArrayElements {
  const ranges: [number, number][] = [];
  let at = skipSpace(bytes, skipSpace(bytes, from) + 1);
  while (at < bytes.length && bytes[at] !== CLOSE_BRACKET) {
    const end = endOfValue(bytes, at);
    ranges.push([at, end]);
    at = skipSpace(bytes, end);
    if (bytes[at] !== COMMA) break;
    at = skipSpace(bytes, at + 1);
  }
  return { ranges, end: Math.min(at + 1, bytes.length) };
}

/**
 * The exact bytes of each element of the array under that top-level key, as
 * slices of `bytes`; of a repeated key the last counts, as in JSON.parse.
 * Undefined when the key is absent or its value is not an array.
 */
export function memberArrayElements(bytes: Buffer, key: string): Buffer[] | undefined {
  const member = topLevelMembers(bytes).findLast((candidate) => candidate.key === key);
  if (member === undefined || bytes[member.valueStart] !== OPEN_BRACKET) return undefined;
  const { ranges } = arrayElements(bytes, member.valueStart);
  return ranges.map(([start, end]) => bytes.subarray(start, end));
}
