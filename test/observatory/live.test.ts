import { existsSync, renameSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { closeAfterTest } from '../support/temporary-home.js';
import { givenObservatory, pathsOf, type Visitor } from './given-observatory.js';

interface Told {
  readonly event: string;
  readonly data: string;
}

/** A page that is kept up to date, as a browser has it. */
class Watched {
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
async function watch(visitor: Visitor, page: string): Promise<Watched> {
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

const partNamed =
  (name: string, text: string) =>
  ({ event, data }: Told): boolean => {
    if (event !== 'part') return false;
    const part = JSON.parse(data) as { name: string; html: string };
    return part.name === name && part.html.replaceAll(/<[^>]*>/g, ' ').includes(text);
  };

describe('a page that is open', () => {
  it('is told what changed, and nothing that did not', async () => {
    const { visitor, redrain } = await givenObservatory();
    await redrain.captureMany([{ event_id: 'a', event_type: 'T' }]);
    await redrain.drain();
    const home = await watch(visitor, '');
    const tail = await watch(visitor, 'tail');
    expect(home.response.headers).to.include({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    await delay(300);
    expect([...home.told, ...tail.told], 'they have what is there').to.deep.equal([]);
    await redrain.captureMany([{ event_id: 'bcd', event_type: 'T' }]);
    await home.until(partNamed('targets', '1 unsent'));
    await tail.until(partNamed('events', 'bcd'));
    expect(home.told.map(({ data }) => JSON.parse(data).name)).to.not.include('trouble');
  });

  it('is told again when the configuration changes', async () => {
    const { visitor, redrain } = await givenObservatory();
    const home = await watch(visitor, '');
    await redrain.targets.add('second', { url: 'http://b.test/in' });
    await home.until(partNamed('targets', 'second'));
  });

  it('is made again when the home cannot be read, and when it can again', async () => {
    const { visitor, redrain, home } = await givenObservatory();
    await redrain.captureMany([{ event_id: 'a', event_type: 'T' }]);
    await redrain.close();
    const story = await watch(visitor, 'event?id=a');
    const journal = pathsOf(home).journalDb;
    expect(existsSync(journal)).to.equal(true);
    renameSync(journal, `${journal}.away`);
    await story.until(({ event }) => event === 'reload');
    const gone = await visitor.get('event?id=a');
    expect(gone.status).to.equal(404);
    renameSync(`${journal}.away`, journal);
    expect((await visitor.get('event?id=a')).status).to.equal(200);
  });

  it('costs nothing once nobody looks', async () => {
    const { visitor, observatory } = await givenObservatory();
    const pages = await Promise.all(['', 'tail', 'jobs', 'workers'].map((p) => watch(visitor, p)));
    expect(observatory.watchers).to.equal(4);
    for (const page of pages) page.response.destroy();
    for (let i = 0; observatory.watchers > 0 && i < 100; i += 1) await delay(50);
    expect(observatory.watchers).to.equal(0);
  });

  it('ends with the observatory, at once', async () => {
    const { visitor, observatory } = await givenObservatory();
    const pages = await Promise.all(Array.from({ length: 12 }, () => watch(visitor, '')));
    const at = performance.now();
    await observatory.close();
    expect(observatory.watchers, 'nothing goes on behind it').to.equal(0);
    await Promise.all(pages.map(({ ended }) => ended));
    expect(performance.now() - at).to.be.lessThan(2_000);
    expect(await visitor.get('').catch((error: Error) => error.message)).to.match(
      /ECONNREFUSED|hang up/,
    );
  });

  it('is not kept up to date where nothing on it changes, and nowhere without access', async () => {
    const { visitor } = await givenObservatory();
    expect((await visitor.get('events')).text).to.not.contain('data-stream');
    expect((await visitor.get('live?page=', { cookie: '' })).status).to.equal(403);
    expect((await visitor.get('live?page=nothing')).status).to.equal(503);
  });
});
