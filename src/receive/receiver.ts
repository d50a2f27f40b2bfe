import { Authentication, type Credentials } from './authentication.js';
import { handlerOf, type ReceiverHandler, type RequestSummary, told } from './handler.js';
import { type ReceiverLimits, resolveLimits } from './limits.js';
import { EventRejectedError, type EventVerdict, type ReceivedEvent } from './received-event.js';
import { Room } from './room.js';
import { type OnceOutcome, type OnceStore, storedId } from './store.js';

export interface ReceiverOptions<Transaction> extends Credentials {
  /** Where the ids of received events are kept, in the transaction of their effect. */
  readonly store: OnceStore<Transaction>;
  /**
   * The effect of an event, run once for each id. What it writes through the
   * transaction is durable before the sender is told. Throw EventRejectedError
   * to refuse an event; after any other error the sender tries again.
   */
  readonly onEvent: (event: ReceivedEvent, transaction: Transaction) => unknown;
  readonly limits?: Partial<ReceiverLimits>;
  /** Told of errors, which the sender learns nothing about. Default: none is told. */
  readonly onError?: (error: unknown, event?: ReceivedEvent) => void;
  /** Told of each request once it is answered: a line of a log. */
  readonly onRequest?: (summary: RequestSummary) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * A receiver of everything that redrain sends: batches, webhooks, CloudEvents
 * and lines. Takes a Web-standard Request and returns a Response; `toNode`,
 * `toExpress`, `toFastify` and `toHono` put it into a server.
 *
 * @throws TypeError for limits or credentials that cannot be used.
 */
export function receiver<Transaction>(options: ReceiverOptions<Transaction>): ReceiverHandler {
  const { now = Date.now, onError, onRequest } = options;
  const limits = resolveLimits(options.limits);
  const parts = {
    authentication: new Authentication(options, now),
    limits,
    room: new Room(limits),
    take: (events: readonly ReceivedEvent[]) => settled(events, options),
    ...(onError && { onError }),
  };
  return handlerOf(parts, onRequest);
}

async function settled<Transaction>(
  events: readonly ReceivedEvent[],
  { store, onEvent, onError }: ReceiverOptions<Transaction>,
): Promise<EventVerdict[]> {
  if (events.length === 0) return [];
  const outcomes = await store.once(events.map(storedId), (index, transaction) =>
    onEvent(events[index]!, transaction),
  );
  return outcomes.map((outcome, index) =>
    verdictOf(outcome, (error) => told(() => onError?.(error, events[index]))),
  );
}

function verdictOf(outcome: OnceOutcome, tell: (error: unknown) => void): EventVerdict {
  if (typeof outcome === 'string') return { status: outcome };
  const { error } = outcome;
  if (error instanceof EventRejectedError) return { status: 'rejected', reason: error.message };
  tell(error);
  return { status: 'failed' };
}
