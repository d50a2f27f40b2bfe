import { EXIT, type ExitCode } from './exit-codes.js';

/** What an error has beside its message. */
export interface RedrainErrorOptions extends ErrorOptions {
  /** What to type next; shown after the message. */
  readonly advice?: string | undefined;
}

/**
 * An error meant for people: the message says what happened, and to what; the
 * command line shows it with the advice and without a stack. Programs decide by
 * `code`, which stays the same when the message changes.
 */
export abstract class RedrainError extends Error {
  /** Names the kind of error, for instance `TARGET_RETIRED`. */
  abstract readonly code: string;
  /** What to type next, for the command line: a message names no command, as programs read it, too. */
  readonly advice: string | undefined;
  /** The exit code of a command that ends with this error. */
  readonly exitCode: ExitCode = EXIT.internal;

  constructor(message?: string, { advice, ...options }: RedrainErrorOptions = {}) {
    super(message, options);
    this.advice = advice;
  }
}

/** True for an error meant for people. Any other was not expected: show it with its stack. */
export function isRedrainError(error: unknown): error is RedrainError {
  return error instanceof RedrainError;
}

/** What `work` resolves to; undefined where it fails for a reason people can act on. Other errors are not hidden. */
export async function ifPossible<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isRedrainError(error)) return undefined;
    throw error;
  }
}
