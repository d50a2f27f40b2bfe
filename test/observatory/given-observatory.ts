import { type IncomingMessage, request } from 'node:http';
import { App, type AppOptions } from '../../src/app/app.js';
import { timeOf } from '../../src/cli/times.js';
import { type HomePaths, resolveHome } from '../../src/config/home.js';
import { Observatory } from '../../src/observatory/observatory.js';
import { type GivenRedrain, givenRedrain } from '../library/given-redrain.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** Where the files of a home are. */
export const pathsOf = (home: string): HomePaths => resolveHome({ home, env: {} });

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request as it is written, without anything that a browser or `fetch` would add or refuse. */
export function ask(port: number, path: string, asked: Asked = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = asked;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Somebody who opened the link. */
export class Visitor {
  readonly port: number;
  /** The path that all pages are below. */
  readonly base: string;
  readonly cookie: string;

  constructor(port: number, base: string, cookie: string) {
    this.port = port;
    this.base = base;
    this.cookie = cookie;
  }

  get(page: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return ask(this.port, `${this.base}/${page}`, { headers: { cookie: this.cookie, ...headers } });
  }

  /** A form as a browser sends it. */
  post(
    page: string,
    form: URLSearchParams,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    return ask(this.port, `${this.base}/${page}`, {
      method: 'POST',
      headers: {
        cookie: this.cookie,
        origin: `http://127.0.0.1:${this.port}`,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: form.toString(),
    });
  }
}

/** Opens the link of an observatory. */
export async function visit(link: string): Promise<Visitor> {
  const { port, pathname, search } = new URL(link);
  const { headers } = await ask(Number(port), `${pathname}${search}`);
  const [cookie = ''] = (headers['set-cookie']?.[0] ?? '').split(';', 1);
  return new Visitor(Number(port), (headers.location ?? '').replace(/\/$/, ''), cookie);
}

export interface GivenObservatory extends GivenRedrain {
  readonly observatory: Observatory;
  readonly visitor: Visitor;
}

/** An observatory on a home with one target, in this process. */
export async function givenObservatory(
  options: AppOptions & { readonly config?: string; readonly allowWrites?: boolean } = {},
): Promise<GivenObservatory> {
  const { allowWrites = false, ...rest } = options;
  const given = await givenRedrain(rest);
  const { env = {} } = options;
  const observatory = await observe(given.home, { allowWrites, env, now: () => given.clock.now });
  return { ...given, observatory, visitor: await visit(observatory.newLink()) };
}

/** Another process would open a home like this. */
export async function observe(
  home: string,
  {
    allowWrites = false,
    // A machine with much else to do would end a search before it has looked at a handful of events.
    budgetMs = 60_000,
    ...options
  }: AppOptions & { readonly allowWrites?: boolean; readonly budgetMs?: number } = {},
): Promise<Observatory> {
  const app = new App({ home, env: {}, ...options });
  const readTime = (text: string, now: number): number => timeOf('the time', text, now);
  const settings = { app, allowWrites, readTime, budgetMs };
  const observatory = await Observatory.start({ ...settings, port: 0 });
  closeAfterTest(async () => {
    await observatory.close();
    await app.close();
  });
  return observatory;
}
