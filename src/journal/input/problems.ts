import { spelledByte, visible } from '../../base/visible.js';
import { faultOffset } from '../../json/canonical.js';
import { utf8Fault } from '../../json/utf8.js';
import { describeKind } from './fields.js';

/** Longest id, type or project, in UTF-16 code units. */
export const MAX_ID_LENGTH = 512;

/** With the `u` flag only halves of surrogate pairs match: whole pairs are one character. */
const NUL_OR_LONE_SURROGATE = /[\0\p{Surrogate}]/u;
const LONGEST_REASON = 200;

/** Why a value cannot be an id, a type or a project; undefined when it can. */
export function textProblem(field: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return `${field} is ${describeKind(value)}, not a string`;
  if (value === '') return `${field} is empty`;
  if (value.length > MAX_ID_LENGTH) return `${field} is longer than ${MAX_ID_LENGTH} characters`;
  if (!NUL_OR_LONE_SURROGATE.test(value)) return undefined;
  const what = value.includes('\0') ? 'a NUL character' : 'half of a surrogate pair';
  return `${field} contains ${what}`;
}

/** Digits of any length, as they stand in the input; `1e3` and `1.0` are numbers that readers respell. */
const WHOLE_NUMBER = /^-?\d+$/;

/** Why a number with this spelling cannot be an id; undefined when its digits can. */
export function numberProblem(field: string, digits: string): string | undefined {
  if (!WHOLE_NUMBER.test(digits))
    return `${field} is the number ${digits.slice(0, 40)}: only a whole number without point or exponent can be an id (or write it as a string)`;
  return textProblem(field, digits);
}

/** The one wording for an event over the limit, whoever notices first. */
export function tooLargeProblem(size: number, maxEventBytes: number): string {
  return `event of ${size} bytes is larger than the ${maxEventBytes} allowed (sync.capture.max_event_bytes)`;
}

/**
 * JSON.parse's own reason on one line, and the character at which the text
 * stops being JSON, spelled so that it shows.
 */
export function notJsonProblem(error: unknown, bytes: Buffer): string {
  const reason = visible((error as Error).message).slice(0, LONGEST_REASON);
  return `not JSON: ${reason}${culprit(bytes)}`;
}

function culprit(bytes: Buffer): string {
  const at = faultOffset(bytes);
  const [character] = at === undefined ? [] : bytes.toString('utf8', at, at + 4);
  return character === undefined ? '' : ` (byte ${(at ?? 0) + 1} is ${visible(character)})`;
}

/** Where bytes stop being UTF-8, and the byte that stands there. */
export function notUtf8Problem(bytes: Buffer): string {
  const at = utf8Fault(bytes);
  return `not valid UTF-8: ${spelledByte(bytes[at] ?? 0)} at byte ${at + 1}`;
}
