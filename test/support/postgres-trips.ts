import pg from 'pg';
import { socketOf } from '../../src/postgres/ending.js';
import { closeAfterTest } from './temporary-home.js';

/** What goes to the server in one round trip, as the driver drives it. */
interface Trip {
  submit(wire: object): unknown;
  handleRowDescription: unknown;
  handleDataRow: unknown;
  handleCopyData: unknown;
  handleCommandComplete: unknown;
  handleReadyForQuery: unknown;
  handleError(error: Error, wire: unknown): void;
}

/** A statement as it goes to the server. */
export interface Sent {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The statements of a round trip, in their order; nothing is sent. */
export function sentIn(trip: Trip): Sent[] {
  const sent: Sent[] = [];
  const texts = new Map<string, string>();
  const nothing = (): void => undefined;
  trip.submit({
    stream: { cork: nothing, uncork: nothing },
    parsedStatements: {},
    submittedNamedStatements: {},
    parse: ({ name = '', text }: { readonly name?: string; readonly text: string }) =>
      texts.set(name, text),
    bind: ({ statement = '', values = [] }: { statement?: string; values?: unknown[] } = {}) =>
      sent.push({ text: texts.get(statement) ?? '', values }),
    describe: nothing,
    execute: nothing,
    sync: nothing,
  });
  return sent;
}

/** Does something to a connection and the round trip that begins on it. */
export type TripFault = (client: pg.Client, trip: Trip) => Promise<unknown> | undefined;

/** Does something with the connection of each round trip, before it, until the test ends or what is returned is called. */
export function beforeEachTrip(act: TripFault): () => void {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  type Query = (this: pg.Client, ...asked: unknown[]) => Promise<unknown>;
  const { query } = prototype;
  const restore = (): void => {
    prototype.query = query;
  };
  closeAfterTest(restore);
  prototype.query = async function (...asked) {
    const [first] = asked;
    // Settings of a new connection, and what a test asks itself, are texts.
    if (typeof first === 'object' && first !== null && 'submit' in first)
      await act(this, first as Trip);
    return query.call(this, ...asked);
  };
  return restore;
}

/** Ends the connection of a client: nobody hears whether the server has what is sent on it after that. */
export const endBefore = (client: pg.Client): Promise<unknown> =>
  client.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);

/** Ends it once the server has done all of a round trip, and before anybody hears of it. */
export function endAfter(client: pg.Client, trip: Trip): undefined {
  const unheard = (): void => undefined;
  Object.assign(trip, {
    handleRowDescription: unheard,
    handleDataRow: unheard,
    handleCopyData: unheard,
    handleCommandComplete: unheard,
    handleReadyForQuery: (wire: unknown) => {
      socketOf(client).destroy();
      trip.handleError(new Error('Connection terminated unexpectedly'), wire);
    },
  });
}
