import type { Client } from './driver.js';
import { end } from './ending.js';
import type { Place } from './place.js';

/** A NOTIFY within the transaction would make every COMMIT of the server wait for others. */
const NOTIFY_EVERY_MS = 20;

/** What is found out without a notification, which can be lost. */
const POLL_MS = 250;

/**
 * Tells other processes that something changed, and hears of their changes: over a
 * connection of its own, opened when it is first needed. A notification is a hint;
 * whoever hears none looks every 250 ms.
 */
export class ChangeSignal {
  readonly #channel: string;
  readonly #connect: () => Promise<Client>;
  readonly #hearing = new Set<() => void>();
  #client: Promise<Client> | undefined;
  /** The driver takes one statement at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #isListening = false;
  #hasNews = true;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #known: Promise<string> | undefined;
  #sending: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ schema }: Place, connect: () => Promise<Client>) {
    this.#channel = `"redrain:${schema}"`;
    this.#connect = connect;
  }

  /** Soon, and once for all that happens until then. */
  send(): void {
    this.#sending ??= setTimeout(() => {
      this.#sending = undefined;
      void this.#notify();
    }, NOTIFY_EVERY_MS).unref();
  }

  /** Calls `hear` at each notification, until the end that is returned. */
  onNews(hear: () => void): () => void {
    this.#hearing.add(hear);
    if (!this.#isListening) void this.#listen();
    return () => this.#hearing.delete(hear);
  }

  /** What `look` returned last, unless there may be something new. */
  ifNews(look: () => Promise<string>): Promise<string> {
    if (!this.#isListening) void this.#listen();
    const now = performance.now();
    if (this.#known !== undefined && !this.#hasNews && now - this.#lookedAt < POLL_MS)
      return this.#known;
    this.#hasNews = false;
    this.#lookedAt = now;
    this.#known = look().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  /** A change that nobody was told of yet is told now. */
  async close(): Promise<void> {
    const isDue = this.#sending !== undefined;
    clearTimeout(this.#sending);
    if (isDue && this.#client !== undefined) await this.#notify();
    this.#isClosed = true;
    const client = await this.#client?.catch(() => undefined);
    if (client !== undefined) await end(client);
  }

  async #notify(): Promise<void> {
    try {
      await this.#say(await this.#connected(), `NOTIFY ${this.#channel}`);
    } catch {
      // Others find the change when they look.
      this.#client = undefined;
      this.#isListening = false;
    }
  }

  async #listen(): Promise<void> {
    this.#isListening = true;
    try {
      const client = await this.#connected();
      client.on('notification', () => {
        this.#hasNews = true;
        for (const hear of [...this.#hearing]) hear();
      });
      client.once('end', () => {
        this.#client = undefined;
        this.#isListening = false;
      });
      await this.#say(client, `LISTEN ${this.#channel}`);
    } catch {
      // The next look tries again; until then there is the poll.
      this.#client = undefined;
      this.#isListening = false;
    }
  }

  #say(client: Client, statement: string): Promise<unknown> {
    const said = this.#last.then(() => client.query(statement));
    // Whoever said it hears of the error; the next one is not stopped by it.
    this.#last = said.catch(() => undefined);
    return said;
  }

  #connected(): Promise<Client> {
    if (this.#isClosed) return Promise.reject(new Error('the connection is closed'));
    this.#client ??= this.#quickly();
    return this.#client;
  }

  /** A notification is a commit, which would wait for the disk, and all others behind it. */
  async #quickly(): Promise<Client> {
    const client = await this.#connect();
    await client.query('SET synchronous_commit = off');
    return client;
  }
}
