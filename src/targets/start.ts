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
