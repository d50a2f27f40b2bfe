import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';

/** Where a target starts that says nothing of it. */
export const FROM_ALL = 'all';

/** `from` is `all`, `now`, or a time in ISO 8601 that has come. */
export class UnusableStartError extends RedrainError {
  override readonly name = 'UnusableStartError';
  readonly code = 'START_UNUSABLE';
  override readonly exitCode = EXIT.usage;
  constructor(
    readonly from: string,
    readonly reason: string,
  ) {
    super(`from = ${JSON.stringify(from)} cannot be used: ${reason}; give all, now or a time`);
  }
}

/**
 * What `from` means: all events, those still to come, or those captured at or after a
 * time in epoch milliseconds.
 *
 * @throws UnusableStartError
 */
export function startingPoint(from: string | undefined, now: number): 'all' | 'now' | number {
  if (from === undefined || from === FROM_ALL) return FROM_ALL;
  if (from === 'now') return 'now';
  const at = Date.parse(from);
  if (Number.isNaN(at)) throw new UnusableStartError(from, 'it is not a time');
  if (at > now) throw new UnusableStartError(from, 'that time is still to come');
  return at;
}
