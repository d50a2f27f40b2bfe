import type { SSEStreamingApi } from 'hono/streaming';
import { type Wait, waited } from '../base/wait.js';
import type { LivePart, Renderings } from './renderings.js';
import { Rests } from './rests.js';

/** Milliseconds between two renderings of a page: a drain commits far more often. */
const PAUSE_MS = 100;
/** A page that nothing is written for is made again: time changes what it says. */
const BEAT_MS = 5_000;

/** What a browser hears. */
export type Told = Pick<SSEStreamingApi, 'writeSSE' | 'write' | 'onAbort' | 'aborted' | 'closed'>;

export interface LiveOptions {
  readonly renderings: Pick<Renderings, 'page' | 'version' | 'onHint'>;
  /** With the clock of a test, over when that says so. */
  readonly wait?: Wait;
}

/**
 * Changes of pages, for the browsers that show them. Looks at the home only while there are any, and
 * rarely until a hint says that somebody writes. A file that is written to says nothing of when the
 * commit can be read, which is after its sync: from then on the home is asked often.
 */
export class LiveStreams {
  readonly #renderings: LiveOptions['renderings'];
  readonly #wait: Wait;
  readonly #rests: Rests;
  /** Those who wait for the next state of the home. */
  readonly #waiting = new Set<() => void>();
  readonly #running = new Set<Promise<void>>();
  #isStopping = false;
  /** Counts the states that were seen. */
  #state = 0;
  #looking: Promise<void> | undefined;

  constructor({ renderings, wait = waited }: LiveOptions) {
    this.#renderings = renderings;
    this.#wait = wait;
    this.#rests = new Rests((hear) => renderings.onHint(hear), wait);
  }

  get open(): number {
    return this.#running.size;
  }

  /**
   * Sends the parts of a page that its browser does not have, until one of both
   * ends goes. `has` are the parts that the browser has, by their hashes. A browser that
   * reads slowly gets the newest state next, and none of those in between. With `isOnce` that is
   * all, and the stream ends: a browser has few connections for all its windows.
   */
  async stream(
    stream: Told,
    page: string,
    query: URLSearchParams,
    has: ReadonlyMap<string, string>,
    isOnce = false,
  ): Promise<void> {
    const running = this.#serve(stream, page, query, has, isOnce);
    this.#running.add(running);
    this.#looking ??= this.#look();
    try {
      await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Ends every stream at once. */
  async close(): Promise<void> {
    this.#isStopping = true;
    this.#rests.stir();
    this.#wake();
    await Promise.allSettled(this.#running);
    await this.#looking;
  }

  async #serve(
    stream: Told,
    page: string,
    query: URLSearchParams,
    has: ReadonlyMap<string, string>,
    isOnce = false,
  ): Promise<void> {
    const known = new Map(has);
    let go = (): void => undefined;
    stream.onAbort(() => go());
    while (this.#goesOn(stream)) {
      const state = this.#state;
      const { parts } = await this.#renderings.page(page, query);
      if (isAnother(parts, has)) await stream.writeSSE({ event: 'reload', data: '' });
      else await send(stream, changed(parts, known));
      if (isOnce) return void (await stream.writeSSE({ event: 'done', data: '' }));
      await this.#wait(PAUSE_MS);
      if (state !== this.#state || !this.#goesOn(stream)) continue;
      await new Promise<void>((resolve) => {
        go = resolve;
        this.#waiting.add(resolve);
      });
      this.#waiting.delete(go);
    }
  }

  #goesOn(stream: Told): boolean {
    return !stream.aborted && !stream.closed && !this.#isStopping;
  }

  async #look(): Promise<void> {
    // What changed before the first look is seen by it, too.
    let version: string | undefined;
    let since = performance.now();
    let isNews = true;
    while (this.#running.size > 0 && !this.#isStopping) {
      await this.#rests.next(isNews);
      const now = await this.#renderings.version();
      isNews = now !== version;
      if (!isNews && performance.now() - since < BEAT_MS) continue;
      version = now;
      since = performance.now();
      this.#wake();
    }
    this.#rests.close();
    this.#looking = undefined;
  }

  #wake(): void {
    this.#state += 1;
    for (const go of [...this.#waiting]) go();
  }
}

/** True when the page is made of other parts than the one in the browser: trouble came, or went. */
const isAnother = (
  parts: ReadonlyMap<string, LivePart>,
  has: ReadonlyMap<string, string>,
): boolean => parts.size !== has.size || [...parts.keys()].some((name) => !has.has(name));

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
  stream: Told,
  parts: readonly { readonly name: string; readonly part: LivePart }[],
): Promise<void> {
  for (const { name, part } of parts)
    await stream.writeSSE({ event: 'part', data: JSON.stringify({ name, ...part }) });
  // Tells a browser that is gone from one that has nothing to do.
  if (parts.length === 0) await stream.write(': nothing new\n\n');
}
