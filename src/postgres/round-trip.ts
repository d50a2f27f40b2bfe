import type { Duplex } from 'node:stream';
import type { Client } from './driver.js';

/** The connection below a client, as the driver shows it to a query, and does not declare it. */
export interface Wire {
  readonly stream: Duplex;
  /** Statements that are prepared, by name; newer drivers also keep those that were sent to be. */
  readonly parsedStatements: Record<string, string>;
  readonly submittedNamedStatements?: Record<string, string>;
  parse(statement: { readonly text: string }): void;
  bind(): void;
  execute(): void;
  sync(): void;
  sendCopyFail(message: string): void;
}

/** What the driver calls on a query while it is the one at work. */
export interface Query {
  /** What its statement is kept under once it is prepared. */
  readonly name?: string;
  readonly text?: string;
  /** Sends it; an error where it cannot be. */
  submit(wire: Wire): Error | null;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCopyData(message: { readonly chunk: Buffer }): void;
  handleCommandComplete(message: unknown, wire: Wire): void;
  /** All of it has come. */
  handleReadyForQuery(wire: Wire): void;
  handleError(error: Error, wire: Wire): void;
}

/** The connection for queries that each take it for their own. */
class SharedWire {
  readonly wire: Wire;
  /** How many statements were sent, with all that they need. */
  executed = 0;

  constructor(wire: Wire) {
    const execute = (): void => {
      this.executed += 1;
      wire.execute();
    };
    this.wire = Object.create(wire, {
      sync: { value: () => undefined },
      execute: { value: execute },
      // Of one that is there twice, the second finds what the first has sent.
      parsedStatements: { value: Object.create(wire.parsedStatements) },
    });
  }

  /** @throws Error where the query could not write a value: it has sent a part of itself, or nothing. */
  send(query: Query): void {
    const before = this.executed;
    const failure = query.submit(this.wire);
    if (failure !== null) throw failure;
    if (this.executed === before)
      throw new Error(`a value of this statement cannot be written: ${query.text?.trim()}`);
    const { name, text } = query;
    if (name !== undefined && text !== undefined) this.wire.parsedStatements[name] = text;
  }
}

/**
 * Statements that are sent at once and answered in one go: the processes at both ends are woken
 * once, and not for each. They are done in their order, the first that fails is the last, and
 * each hears how it ended.
 */
class RoundTrip {
  /** The driver puts one of its own around it, which ends its watch over the time that a query takes. */
  callback: (error?: Error) => void = () => undefined;
  /** Milliseconds that the driver waits for all of it. */
  readonly query_timeout: number;
  readonly #queries: readonly Query[];
  #at = 0;

  constructor(queries: readonly Query[], timeoutMs: number) {
    this.#queries = queries;
    this.query_timeout = timeoutMs;
  }

  /** Under these the driver notes what the server has prepared, one statement after another. */
  get name(): string | undefined {
    return this.#queries[this.#at]?.name;
  }

  get text(): string | undefined {
    return this.#queries[this.#at]?.text;
  }

  submit(wire: Wire): void {
    const shared = new SharedWire(wire);
    wire.stream.cork();
    try {
      for (const query of this.#queries) shared.send(query);
      wire.sync();
      wire.stream.uncork();
    } catch (error) {
      // Nothing has left: what stands behind it, COMMIT perhaps, is not to be done without it.
      wire.stream.destroy(error as Error);
    }
  }

  handleRowDescription(message: unknown): void {
    this.#queries[this.#at]?.handleRowDescription(message);
  }

  handleDataRow(message: unknown): void {
    this.#queries[this.#at]?.handleDataRow(message);
  }

  handleCopyData(message: { readonly chunk: Buffer }): void {
    this.#queries[this.#at]?.handleCopyData(message);
  }

  handleCommandComplete(message: unknown, wire: Wire): void {
    this.#queries[this.#at]?.handleCommandComplete(message, wire);
    this.#at += 1;
  }

  handleError(error: Error, wire: Wire): void {
    for (const done of this.#queries.slice(0, this.#at)) done.handleReadyForQuery(wire);
    this.#endFrom(this.#at, error, wire);
    this.callback(error);
  }

  handleReadyForQuery(wire: Wire): void {
    for (const query of this.#queries) query.handleReadyForQuery(wire);
    this.callback();
  }

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('there is nothing to copy in');
  }

  /** Of those that the server passes over it prepares none. */
  #endFrom(at: number, error: Error, wire: Wire): void {
    for (const query of this.#queries.slice(at)) {
      if (query.name !== undefined) delete wire.submittedNamedStatements?.[query.name];
      query.handleError(error, wire);
    }
  }
}

/** Settings of a client, which the driver does not declare: milliseconds that it waits for one statement. */
interface Settings {
  readonly connectionParameters: { readonly query_timeout: number | false };
}

/** Sends them in one round trip, behind those that were sent before. */
export function sendTogether(client: Client, queries: readonly Query[]): void {
  const { query_timeout: each } = (client as unknown as Settings).connectionParameters;
  const trip = new RoundTrip(queries, Number(each) * queries.length);
  client.query(trip as never);
}
