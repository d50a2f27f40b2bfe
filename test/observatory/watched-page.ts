import { type IncomingMessage, request } from 'node:http';
import { closeAfterTest } from '../support/temporary-home.js';
import type { Visitor } from './given-observatory.js';

export interface Told {
  readonly event: string;
  readonly data: string;
}

/** A page that is kept up to date, as a browser has it. */
export class Watched {
  readonly told: Told[] = [];
  readonly response: IncomingMessage;
  readonly ended: Promise<void>;
  #rest = '';
  #hear: (() => void) | undefined;

  constructor(response: IncomingMessage) {
    this.response = response;
    this.ended = new Promise((resolve) => {
      response.on('close', resolve);
      response.on('error', () => undefined);
    });
    response.setEncoding('utf8').on('data', (text: string) => this.#take(text));
  }

  /** The next thing that is told and that fits. */
  async until(fits: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const found = this.told.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#hear = resolve;
      });
    }
  }

  #take(text: string): void {
    const messages = (this.#rest + text).split('\n\n');
    this.#rest = messages.pop() ?? '';
    for (const message of messages) {
      const event = /^event: (.*)$/m.exec(message)?.[1];
      const data = /^data: (.*)$/m.exec(message)?.[1] ?? '';
      if (event !== undefined) this.told.push({ event, data });
    }
    this.#hear?.();
  }
}

/** Opens a page and keeps it up to date. */
export async function watch(visitor: Visitor, page: string): Promise<Watched> {
  const { text } = await visitor.get(page);
  const stream = /data-stream="([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const parts = [...text.matchAll(/data-live="([^"]*)" data-hash="([^"]*)"/g)];
  const has = new URLSearchParams();
  for (const [, name = '', hash = ''] of parts) has.set(name, hash);
  const { port, cookie } = visitor;
  const address = new URL(stream, `http://127.0.0.1:${port}`);
  address.searchParams.set('has', has.toString());
  const path = `${address.pathname}${address.search}`;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers: { cookie } }, (response) => {
      resolve(new Watched(response));
    });
    sent.on('error', reject).end();
    closeAfterTest(() => sent.destroy());
  });
}

/** That a part of the page now says this. */
export const partNamed =
  (name: string, text: string) =>
  ({ event, data }: Told): boolean => {
    if (event !== 'part') return false;
    const part = JSON.parse(data) as { name: string; html: string };
    return part.name === name && part.html.replaceAll(/<[^>]*>/g, ' ').includes(text);
  };
