import { visible } from '../base/visible.js';

const LONGEST_CAUSE = 120;

/** What tells one event, request or moment from the next: ids, digests, times and large numbers. */
const PARTICULARS = [
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g,
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /\b[0-9A-HJKMNP-TV-Z]{26}\b/g,
  /\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi,
  /\b\d{6,}\b/g,
];

/**
 * The cause an error stands for: one line, short, without what is particular
 * to one event, so that equal causes are counted together. Pure: the same
 * error always has the same cause.
 */
export function causeOf(error: string | null): string {
  if (error === null) return '';
  const line = error.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  const common = PARTICULARS.reduce((text, pattern) => text.replaceAll(pattern, '…'), line);
  const letters = [...common.slice(0, 2 * LONGEST_CAUSE)];
  return letters.length <= LONGEST_CAUSE
    ? common
    : `${letters.slice(0, LONGEST_CAUSE - 1).join('')}…`;
}

/**
 * Whether an error has the cause that a person names: as it is counted, as it is
 * shown, or as the whole error of one event. No error has a blank one.
 */
export function causeIs(named: string): (error: string | null) => boolean {
  const isNamed = causeNamed(named);
  return (error) => error !== null && isNamed(causeOf(error));
}

/** The same for a cause as it is counted. */
export function causeNamed(named: string): (cause: string) => boolean {
  const common = causeOf(named);
  return (cause) =>
    common !== '' && (cause === named || cause === common || visible(cause) === named);
}
