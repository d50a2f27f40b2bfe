import Database from 'better-sqlite3';
import { expect } from 'chai';
import {
  type ReceivedEvent,
  type ReceiverHandler,
  type ReceiverOptions,
  type RequestSummary,
  receiver,
  type SqliteDatabase,
  sqliteStore,
} from '../../src/receive/index.js';
import { faultsOf } from '../documents/published-protocol.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** A receiver on a database in memory, and what it was given and said. */
export interface GivenReceiver {
  readonly handler: ReceiverHandler;
  readonly database: Database.Database;
  /** Those whose effect ran, in its order. */
  readonly events: ReceivedEvent[];
  readonly summaries: RequestSummary[];
  readonly errors: unknown[];
  /** As JSON, unless the headers say otherwise. */
  post(body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly body: AnswerDocument;
}

export interface AnswerDocument {
  readonly results?: readonly {
    readonly event_id: string | null;
    readonly status: string;
    readonly error?: string;
  }[];
  readonly error?: string;
}

export type GivenOptions = Partial<Omit<ReceiverOptions<SqliteDatabase>, 'store'>>;

export function givenReceiver(options: GivenOptions = {}): GivenReceiver {
  const database = new Database(':memory:');
  closeAfterTest(() => database.close());
  const events: ReceivedEvent[] = [];
  const summaries: RequestSummary[] = [];
  const errors: unknown[] = [];
  const handler = receiver({
    store: sqliteStore(database),
    onError: (error) => errors.push(error),
    onRequest: (summary) => summaries.push(summary),
    ...options,
    onEvent: (event, transaction) => {
      const returned = options.onEvent?.(event, transaction as SqliteDatabase);
      events.push(event);
      return returned;
    },
  });
  const post = async (body: string | Buffer, headers = {}) =>
    answerOf(await handler(requestOf(body, headers)));
  return { handler, database, events, summaries, errors, post };
}

export function requestOf(
  body: string | Buffer | ReadableStream,
  headers: Readonly<Record<string, string>> = {},
): Request {
  return new Request('http://receiver.example/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.isBuffer(body) ? new Uint8Array(body) : body,
    duplex: 'half',
  } as RequestInit);
}

/** What every answer is held to: the published schema. */
export async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as AnswerDocument;
  const schema = response.ok ? 'batch-results' : 'batch-refusal';
  expect(faultsOf(schema, body)).to.deep.equal([]);
  return { status: response.status, body };
}

/** `{"events":[…]}` of these. */
export const batchOf = (...events: readonly unknown[]): string => JSON.stringify({ events });
