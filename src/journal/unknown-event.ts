import { RedrainError } from '../base/error.js';
import { EXIT } from '../base/exit-codes.js';

const MOST_NAMED = 10;

/** The journal never saw these ids; 64 on the command line. */
export class UnknownEventError extends RedrainError {
  override readonly name = 'UnknownEventError';
  readonly code = 'EVENT_UNKNOWN';
  override readonly exitCode = EXIT.usage;

  /** `more` are further ids that are not known either. */
  constructor(
    readonly eventId: string,
    more: readonly string[] = [],
  ) {
    const noun = more.length === 0 ? 'no event' : 'none of the events';
    super(`the journal has ${noun} ${listed([eventId, ...more])}`);
  }
}

function listed(ids: readonly string[]): string {
  const named = ids.slice(0, MOST_NAMED);
  const rest = ids.length - named.length;
  const last = rest > 0 ? `${rest} more` : named.pop();
  return named.length === 0 ? `${last}` : `${named.join(', ')} and ${last}`;
}
