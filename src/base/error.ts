import { EXIT, type ExitCode } from './exit-codes.js';

/**
 * An error meant for people: the message says what happened, to what, and what
 * to do next, so the command line shows it without a stack. Programs decide by
 * `code`, which stays the same when the message changes.
 */
export abstract class RedrainError extends Error {
  /** Names the kind of error, for instance `TARGET_RETIRED`. */
  abstract readonly code: string;
  /** The exit code of a command that ends with this error. */
  readonly exitCode: ExitCode = EXIT.internal;
}

/** False for what nobody expected: such an error is shown with its stack. */
export function isRedrainError(error: unknown): error is RedrainError {
  return error instanceof RedrainError;
}
