import type { Client } from './driver.js';
import { end } from './ending.js';

/** More work than this at a time waits. */
const MOST = 4;

/** A few connections that are opened when they are needed and kept. */
export class KeptConnections {
  readonly #connect: () => Promise<Client>;
  readonly #free: Client[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #closed = false;

  constructor(connect: () => Promise<Client>) {
    this.#connect = connect;
  }

  /**
   * Lends one for the time of `work`. One that breaks meanwhile is not kept, and the
   * work is done once more on a new one: what only reads can be, or what says the same twice.
   */
  async with<T>(
    work: (client: Client) => Promise<T>,
    isBroken: (error: unknown) => boolean,
  ): Promise<T> {
    let hasBroken = false;
    try {
      return await this.#once(work, (error) => {
        hasBroken = isBroken(error);
        return hasBroken;
      });
    } catch (error) {
      if (!hasBroken || this.#closed) throw error;
    }
    // Those that were kept are as old: what ended one has ended them, too.
    await this.#endFree();
    return this.#once(work, isBroken);
  }

  async #once<T>(
    work: (client: Client) => Promise<T>,
    isBroken: (error: unknown) => boolean,
  ): Promise<T> {
    const client = await this.#take();
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = isBroken(error);
      throw error;
    } finally {
      this.#giveBack(client, broken);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#endFree();
  }

  async #endFree(): Promise<void> {
    const free = this.#free.splice(0);
    this.#open -= free.length;
    await Promise.all(free.map((client) => end(client)));
  }

  async #take(): Promise<Client> {
    while (this.#free.length === 0 && this.#open >= MOST)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.#open += 1;
    try {
      const client = await this.#connect();
      client.on('error', () => this.#forget(client));
      return client;
    } catch (error) {
      this.#open -= 1;
      this.#waiting.shift()?.();
      throw error;
    }
  }

  /** One that breaks while nobody uses it fails nobody's work: the next one connects. */
  #forget(client: Client): void {
    const at = this.#free.indexOf(client);
    if (at === -1) return;
    this.#free.splice(at, 1);
    this.#open -= 1;
  }

  #giveBack(client: Client, broken: boolean): void {
    if (broken || this.#closed) {
      this.#open -= 1;
      void end(client);
    } else this.#free.push(client);
    this.#waiting.shift()?.();
  }
}
