import type { Client } from '../driver.js';

/** What the driver calls on a query while it is the one at work. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * COPY … FROM STDIN with one chunk of data: the driver has the messages, and leaves the
 * query to whoever brings one.
 */
class CopyIn {
  /** The driver puts one of its own around it, which ends its watch over the time that a query takes. */
  callback: (error?: Error) => void;
  readonly #text: string;
  readonly #data: Buffer;

  constructor(text: string, data: Buffer, ended: (error?: Error) => void) {
    this.#text = text;
    this.#data = data;
    this.callback = ended;
  }

  submit(connection: CopyConnection): void {
    connection.query(this.#text);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.#data);
    connection.endCopyFrom();
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback();
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}

/** Adds rows in the binary form of COPY. */
export function copyIn(client: Client, text: string, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = new CopyIn(text, data, (error) => (error ? reject(error) : resolve()));
    client.query(query as never);
  });
}
