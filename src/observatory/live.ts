import { setTimeout as delay } from 'node:timers/promises';
import type { SSEStreamingApi } from 'hono/streaming';
import type { LivePart, Renderings } from './renderings.js';

/** Milliseconds between two looks at the home, while somebody watches. */
const LOOK_MS = 25;
/** Between two renderings of a page: a drain commits far more often. */
const PAUSE_MS = 100;
/** A page that nothing is written for is made again: time changes what it says. */
const BEAT_MS = 5_000;

/** Changes of pages, for the browsers that show them. Looks at the home only while there are any. */
export class LiveStreams {
  readonly #renderings: Renderings;
  readonly #stopping = new AbortController();
  /** Those who wait for the next state of the home. */
  readonly #waiting = new Set<() => void>();
  #open = 0;
  #state = 0;
  #looking: Promise<void> | undefined;

  constructor(renderings: Renderings) {
    this.#renderings = renderings;
  }

  get open(): number {
    return this.#open;
  }

  /**
   * Sends the parts of a page that its browser does not have, until one of both
   * ends goes. `has` are the parts that the browser has, by their hashes. A browser that
   * reads slowly gets the newest state next, and none of those in between.
   */
  async stream(
    stream: SSEStreamingApi,
    page: string,
    query: URLSearchParams,
    has: ReadonlyMap<string, string>,
  ): Promise<void> {
    const known = new Map(has);
    this.#open += 1;
    this.#looking ??= this.#look();
    try {
      while (this.#goesOn(stream)) {
        const state = this.#state;
        const { parts } = await this.#renderings.page(page, query);
        await send(stream, changed(parts, known));
        await delay(PAUSE_MS, undefined, { signal: this.#stopping.signal });
        if (state === this.#state && this.#goesOn(stream)) await this.#next(stream);
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    } finally {
      this.#open -= 1;
    }
  }

  /** Ends every stream at once. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#looking;
  }

  #goesOn(stream: SSEStreamingApi): boolean {
    return !stream.aborted && !stream.closed && !this.#stopping.signal.aborted;
  }

  /** Until the home changes, the beat comes, or either end goes. */
  #next(stream: SSEStreamingApi): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#waiting.delete(go);
        resolve();
      };
      this.#waiting.add(go);
      stream.onAbort(go);
    });
  }

  async #look(): Promise<void> {
    let version = await this.#renderings.version();
    let since = performance.now();
    while (this.#open > 0 && !this.#stopping.signal.aborted) {
      await delay(LOOK_MS);
      const now = await this.#renderings.version();
      if (now === version && performance.now() - since < BEAT_MS) continue;
      version = now;
      since = performance.now();
      this.#wake();
    }
    this.#looking = undefined;
  }

  #wake(): void {
    this.#state += 1;
    for (const go of [...this.#waiting]) go();
  }
}

/** The parts that the browser does not have, which are taken as sent. */
function changed(
  parts: ReadonlyMap<string, LivePart>,
  known: Map<string, string>,
): { name: string; part: LivePart }[] {
  return [...parts].flatMap(([name, part]) => {
    if (known.get(name) === part.hash) return [];
    known.set(name, part.hash);
    return [{ name, part }];
  });
}

/** A write comes back when the browser has room for more. */
async function send(
  stream: SSEStreamingApi,
  parts: readonly { readonly name: string; readonly part: LivePart }[],
): Promise<void> {
  for (const { name, part } of parts)
    await stream.writeSSE({ event: 'part', data: JSON.stringify({ name, ...part }) });
  // Tells a browser that is gone from one that has nothing to do.
  if (parts.length === 0) await stream.write(': nothing new\n\n');
}
