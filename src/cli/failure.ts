import { wholeText } from '../base/advice.js';
import { isRedrainError, RedrainError } from '../base/error.js';
import { EXIT, type ExitCode } from '../base/exit-codes.js';
import { plainMessage, troubleWords } from '../files/trouble.js';
import type { Output } from './output.js';

/** The command line itself is wrong. */
export class UsageError extends RedrainError {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
  override readonly exitCode = EXIT.usage;
}

/** What went wrong, and what to type next. */
export function failureText(error: unknown): string {
  const advice = isRedrainError(error) ? error.advice : undefined;
  return wholeText({ message: plainMessage(error), advice });
}

/** Shows what went wrong and returns the exit code for it. */
export function reportFailure(error: unknown, output: Output): ExitCode {
  const message = failureText(error);
  output.error(message);
  if (!isRedrainError(error) && troubleWords(error) === undefined) {
    if (output.verbose) output.note((error as Partial<Error> | null)?.stack ?? '');
    else output.note('This was not expected: --verbose shows where it happened.');
  }
  const code = isRedrainError(error) ? error.exitCode : EXIT.internal;
  output.failure(message, code);
  return code;
}
