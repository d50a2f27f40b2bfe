import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';
/** The journal never saw this id; 64 on the command line. */
export class UnknownEventError extends RedrainError {
  override readonly name = 'UnknownEventError';
  readonly code = 'EVENT_UNKNOWN';
  override readonly exitCode = EXIT.usage;
  constructor(readonly eventId: string) {
    super(`the journal has no event ${eventId}`);
  }
}
