import { createHash } from 'node:crypto';
import type { App } from '../app/app.js';
import { HomeWatch } from '../app/home-watch.js';
import { reportStatus, type StatusReport } from '../app/status.js';
import { type Html, html, textOf } from './html.js';
import { layout } from './layout.js';
import { address, type Page, type PageContext } from './page.js';
import { PAGES } from './routes.js';
import { troublePage } from './trouble.js';

/** Milliseconds after which a page is made again although nothing was written: time itself changes what it says. */
const STALE_MS = 5_000;
/** A page takes at most a moment, however large the journal is. */
const BUDGET_MS = 80;
/** Pages that are kept for whoever asks next. */
const MOST_KEPT = 64;

export interface ObservatorySettings {
  readonly app: App;
  /** The path that all pages are below. */
  readonly base: string;
  readonly allowWrites: boolean;
  /** Milliseconds that a search of a page may take, 80 unless it is said. */
  readonly budgetMs?: number;
  /** Reads a time as the command line does. @throws an error for people. */
  readonly readTime: PageContext['readTime'];
}

/** A page as it was made for one state of the home. */
export interface Rendered {
  readonly page: Page;
  readonly html: string;
  /** What changes on it, by the name of the part. */
  readonly parts: ReadonlyMap<string, LivePart>;
}

export interface LivePart {
  readonly html: string;
  /** Tells whether a browser has it. */
  readonly hash: string;
}

type MakePage = (at: PageContext) => Promise<Page>;

interface Kept<T> {
  readonly version: string;
  readonly at: number;
  readonly value: Promise<T>;
}

/**
 * Pages, each made once for a state of the home, however many browsers look at
 * it. Every read of the home is short: nothing is kept open but for looking at its version.
 */
export class Renderings {
  readonly settings: ObservatorySettings;
  readonly #watch: HomeWatch;
  readonly #pages = new Map<string, Kept<Rendered>>();
  #status: Kept<StatusReport> | undefined;

  constructor(settings: ObservatorySettings) {
    this.settings = settings;
    this.#watch = new HomeWatch(settings.app);
  }

  /** Changes whenever a page may say something else. */
  version(): Promise<string> {
    return this.#watch.version();
  }

  /** Calls `hear` when that may be about to change; a hint, which can be lost. Returns what ends it. */
  onHint(hear: () => void): () => void {
    return this.#watch.onHint(hear);
  }

  /** A page of `PAGES`, as of this state of the home. */
  async page(name: string, query: URLSearchParams): Promise<Rendered> {
    const key = `${name}?${query}`;
    const version = await this.version();
    const kept = this.#pages.get(key);
    if (kept !== undefined && this.#isFresh(kept, version)) return kept.value;
    const value = this.#render(name, query, version);
    this.#pages.delete(key);
    this.#pages.set(key, { version, at: this.settings.app.now(), value });
    for (const oldest of this.#pages.keys())
      if (this.#pages.size > MOST_KEPT) this.#pages.delete(oldest);
    return value;
  }

  /** A page that is made for one request alone. */
  async once(name: string, make: MakePage, query: URLSearchParams) {
    return this.#made(name, make, query, await this.version(), false);
  }

  close(): Promise<void> {
    return this.#watch.close();
  }

  #render(name: string, query: URLSearchParams, version: string): Promise<Rendered> {
    const render = PAGES[name];
    return this.#made(name, (at) => render?.(at) as Promise<Page>, query, version, true);
  }

  async #made(
    name: string,
    make: MakePage,
    query: URLSearchParams,
    version: string,
    mayBeLive: boolean,
  ): Promise<Rendered> {
    const { app, base, allowWrites } = this.settings;
    const { page, parts } = await this.#page(make, query, version);
    const stream =
      mayBeLive && parts.size > 0
        ? address(base, 'live', { page: name, query: query.toString() })
        : undefined;
    const around = { base, page: name, stream, home: app.paths.home, allowWrites };
    return { page, html: await textOf(layout(page, around)), parts };
  }

  /** Trouble with the home is a page, too, which goes when the trouble is over. */
  async #page(
    make: MakePage,
    query: URLSearchParams,
    version: string,
  ): Promise<Pick<Rendered, 'page' | 'parts'>> {
    try {
      return await this.#withParts(make, query, version);
    } catch (error) {
      const page = troublePage(error);
      return this.#withParts(
        async ({ live }) => ({ ...page, body: live('trouble', page.body) }),
        query,
        version,
      );
    }
  }

  async #withParts(
    make: MakePage,
    query: URLSearchParams,
    version: string,
  ): Promise<Pick<Rendered, 'page' | 'parts'>> {
    const parts = new Map<string, LivePart>();
    const live = async (part: string, content: Html) => {
      const made = livePart(await textOf(content));
      parts.set(part, made);
      return html`<div data-live="${part}" data-hash="${made.hash}">${content}</div>`;
    };
    const page = await make(this.#context(query, version, live));
    // Parts are there once the body is.
    return { page: { ...page, body: await page.body }, parts };
  }

  #context(query: URLSearchParams, version: string, live: PageContext['live']): PageContext {
    const { app, base, allowWrites, readTime, budgetMs = BUDGET_MS } = this.settings;
    return {
      app,
      query,
      now: app.now(),
      allowWrites,
      budgetMs,
      readTime,
      link: (page, more) => address(base, page, more),
      status: () => this.#statusAt(version),
      live,
    };
  }

  #statusAt(version: string): Promise<StatusReport> {
    const kept = this.#status;
    if (kept !== undefined && this.#isFresh(kept, version)) return kept.value;
    const { app } = this.settings;
    const value = reportStatus(app);
    this.#status = { version, at: app.now(), value };
    return value;
  }

  #isFresh(kept: Kept<unknown>, version: string): boolean {
    return kept.version === version && Math.abs(this.settings.app.now() - kept.at) < STALE_MS;
  }
}

/** A part. That time goes by is no change of it: the script in the browser words it again. */
const livePart = (text: string): LivePart => ({
  html: text,
  hash: createHash('sha256')
    .update(text.replaceAll(/ data-ago>[^<]*/g, ''))
    .digest('base64url')
    .slice(0, 16),
});
