import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { LoopbackServer } from '../base/loopback-server.js';
import { plainMessage } from '../files/trouble.js';
import { Access, refusalOf } from './access.js';
import { assetNamed } from './assets.js';
import { safeHeaders } from './headers.js';
import { type Html, html, textOf } from './html.js';
import { bareLayout } from './layout.js';
import { LiveStreams } from './live.js';
import { message } from './page.js';
import { type ObservatorySettings, type Rendered, Renderings } from './renderings.js';
import { PAGES } from './routes.js';
import { applyPlan, planPage } from './writes/plans.js';
import { Seals } from './writes/seal.js';

export interface ObservatoryOptions extends Omit<ObservatorySettings, 'base'> {
  /** On 127.0.0.1; 0 picks a free one. */
  readonly port: number;
}

/** A plan has a few short fields. */
const FORM = {
  maxSize: 64 * 1024,
  onError: () => bare(413, 'Refused', html`<p>This form is too long for a plan.</p>`),
};
/** Pages that are kept up to date at once. */
const MOST_STREAMS = 200;

/** Pages of one home, for this machine and whoever has the link. */
export class Observatory {
  readonly #access = new Access();
  readonly #seals = new Seals();
  readonly #renderings: Renderings;
  readonly #streams: LiveStreams;
  #server: LoopbackServer | undefined;

  private constructor(settings: Omit<ObservatorySettings, 'base'>) {
    this.#renderings = new Renderings({ ...settings, base: this.#access.base });
    this.#streams = new LiveStreams({ renderings: this.#renderings });
  }

  /** Listens on 127.0.0.1. @throws what node:net says when it cannot. */
  static async start({ port, ...settings }: ObservatoryOptions): Promise<Observatory> {
    const observatory = new Observatory(settings);
    const app = observatory.#routes();
    observatory.#server = await LoopbackServer.start(port, (request) => app.fetch(request));
    return observatory;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** Pages that are being kept up to date now. */
  get watchers(): number {
    return this.#streams.open;
  }

  /** An address that opens the pages, once. */
  newLink(): string {
    return `http://${this.#host}/open?token=${this.#access.newToken()}`;
  }

  /** Ends everything at once: pages under way, and those that are kept up to date. */
  async close(): Promise<void> {
    const closed = this.#server?.close();
    await this.#streams.close();
    await closed;
    await this.#renderings.close();
  }

  get #host(): string {
    return `127.0.0.1:${this.port}`;
  }

  #routes(): Hono {
    const { base } = this.#access;
    const app = new Hono();
    app.use(async (at, next) => {
      const refusal = refusalOf(at.req.raw, this.#host);
      if (refusal === undefined) await next();
      else at.res = await bare(refusal.status, 'Refused', html`<p>${refusal.reason}</p>`);
    });
    app.get('/assets/:name', async (at) => {
      const asset = await assetNamed(at.req.param('name'));
      if (asset === undefined) return bare(404, 'Not found', html`<p>There is no such file.</p>`);
      return new Response(asset.text, {
        headers: { ...safeHeaders(), 'content-type': asset.type },
      });
    });
    app.get('/open', (at) => this.#opened(at));
    app.use(`${base}/*`, async (at, next) => {
      if (this.#access.isAllowed(at.req.header('cookie'))) await next();
      else at.res = await noAccess(at);
    });
    app.get(`${base}/live`, (at) => this.#live(at));
    app.get(`${base}/plan`, (at) => this.#plan(at));
    app.post(`${base}/apply`, bodyLimit(FORM), (at) => this.#apply(at));
    app.get(`${base}/`, (at) => this.#page(at, ''));
    app.get(`${base}/:page`, (at) => this.#page(at, at.req.param('page')));
    app.notFound((at) => noAccess(at));
    app.onError((error) => bare(500, 'Cannot be shown', html`<p>${plainMessage(error)}</p>`));
    return app;
  }

  /** A token that a browser only fetches ahead is not used up. */
  #opened(at: Context): Response | Promise<Response> {
    const ahead = /prefetch|prerender/.test(at.req.header('sec-purpose') ?? '');
    const isLook = at.req.method === 'HEAD' || ahead;
    const cookie = isLook ? undefined : this.#access.exchange(at.req.query('token') ?? '');
    if (cookie === undefined) return noAccess(at);
    const headers = { ...safeHeaders(), location: `${this.#access.base}/`, 'set-cookie': cookie };
    return new Response(null, { status: 303, headers });
  }

  async #page(at: Context, name: string): Promise<Response> {
    const query = new URL(at.req.url).searchParams;
    if (!Object.hasOwn(PAGES, name)) return shown(await this.#once(name, async () => noPage));
    return shown(await this.#renderings.page(name, query));
  }

  async #plan(at: Context): Promise<Response> {
    const query = new URL(at.req.url).searchParams;
    return shown(await this.#writing('plan', query, (page) => planPage(page, this.#seals)));
  }

  async #apply(at: Context): Promise<Response> {
    const form = new URLSearchParams(await at.req.text());
    return shown(await this.#writing('apply', form, (page) => applyPlan(page, this.#seals, form)));
  }

  #writing(
    name: string,
    query: URLSearchParams,
    make: Parameters<Renderings['once']>[1],
  ): Promise<Rendered> {
    if (!this.#renderings.settings.allowWrites) return this.#once(name, async () => readOnly);
    return this.#renderings.once(name, make, query);
  }

  #once(name: string, make: Parameters<Renderings['once']>[1]): Promise<Rendered> {
    return this.#renderings.once(name, make, new URLSearchParams());
  }

  #live(at: Context): Response | Promise<Response> {
    const name = at.req.query('page') ?? '';
    const query = new URLSearchParams(at.req.query('query') ?? '');
    if (!Object.hasOwn(PAGES, name) || this.#streams.open >= MOST_STREAMS)
      return bare(503, 'Not live', html`<p>This page cannot be kept up to date.</p>`);
    const has = new Map(new URLSearchParams(at.req.query('has') ?? ''));
    const answer = streamSSE(at, (stream) =>
      this.#streams.stream(stream, name, query, has, at.req.query('once') === '1'),
    );
    for (const [key, value] of Object.entries(safeHeaders())) answer.headers.set(key, value);
    return answer;
  }
}

const noPage = message('Not found', 'There is no such page.', { status: 404 });
const readOnly = message(
  'Read only',
  'Nothing can be changed here. `redrain open --allow-writes` lets plans be applied.',
  { status: 403 },
);

/** A page of somebody who may see the home. */
function shown({ page, html: text }: Rendered): Response {
  const { status = 200, hasForm } = page;
  const headers = { ...safeHeaders(hasForm), 'content-type': 'text/html; charset=utf-8' };
  return new Response(text, { status, headers });
}

/** A page for anybody. */
async function bare(status: number, title: string, body: Html): Promise<Response> {
  const headers = { ...safeHeaders(), 'content-type': 'text/html; charset=utf-8' };
  return new Response(await textOf(bareLayout(title, body)), { status, headers });
}

/** A browser that comes from a page of another origin keeps its cookie back: a click of its own brings it. */
function noAccess(at: Context): Promise<Response> {
  const isFromElsewhere = at.req.header('sec-fetch-site') === 'cross-site';
  const { pathname, search } = new URL(at.req.url);
  return bare(
    403,
    'This needs a new link',
    html`<p class="lead">A link is good for one browser, once, until <code>redrain open</code> ends.</p>
<p>For a new one press Enter in the terminal where <code>redrain open</code> runs, or start it again.</p>
${isFromElsewhere && pathname !== '/open' ? html`<p>If this browser had the pages open already: <a href="${pathname}${search}">show them</a>.</p>` : ''}`,
  );
}
