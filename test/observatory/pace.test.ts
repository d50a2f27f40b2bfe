import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { timeOf } from '../../src/cli/times.js';
import { LiveStreams, type Told } from '../../src/observatory/live.js';
import { Renderings } from '../../src/observatory/renderings.js';
import { givenRedrain } from '../library/given-redrain.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** Milliseconds that a change may wait on its way: what is left of half a second is for work. */
const MOST_WAITING = 150;

/** Waits of the pages, each over when the test says so. A slow machine makes none of them longer. */
class Waits {
  now = 0;
  readonly #pending: { readonly at: number; readonly go: () => void }[] = [];

  readonly wait = (ms: number): Promise<void> =>
    new Promise((go) => this.#pending.push({ at: this.now + ms, go }));

  /** Lets the next one end. */
  step(): void {
    const at = Math.min(...this.#pending.map((one) => one.at));
    const next = this.#pending.findIndex((one) => one.at === at);
    this.now = at;
    this.#pending.splice(next, 1)[0]?.go();
  }

  endAll(): void {
    for (const { go } of this.#pending.splice(0)) go();
  }
}

interface Given {
  readonly waits: Waits;
  readonly streams: LiveStreams;
  readonly renderings: Renderings;
  /** Comes back when all that is left to do is to wait. */
  settled(): Promise<void>;
}

function givenStreams(home: string): Given {
  const app = new App({ home, env: {} });
  const readTime = (text: string, now: number): number => timeOf('the time', text, now);
  const renderings = new Renderings({ app, base: '/base', allowWrites: false, readTime });
  const waits = new Waits();
  let working = 0;
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    working += 1;
    try {
      return await work;
    } finally {
      working -= 1;
    }
  };
  const streams = new LiveStreams({
    renderings: {
      page: (name, query) => watched(renderings.page(name, query)),
      version: () => watched(renderings.version()),
    },
    wait: waits.wait,
  });
  closeAfterTest(async () => {
    const closed = streams.close();
    waits.endAll();
    await closed;
    await renderings.close();
    await app.close();
  });
  const settled = async (): Promise<void> => {
    for (let idle = 0; idle < 3; idle = working === 0 ? idle + 1 : 0) await turn();
  };
  return { waits, streams, renderings, settled };
}

/** A browser that hears everything at once. */
class Hearing {
  readonly told: string[] = [];

  readonly stream: Told = {
    aborted: false,
    closed: false,
    onAbort: () => undefined,
    write: async () => this.stream as never,
    writeSSE: async ({ data }) => void this.told.push(String(await data)),
  };

  hasHeard(text: string): boolean {
    return this.told.some((data) => data.includes(text));
  }
}

describe('the way of a change to an open page', () => {
  it('has little waiting in it, whenever the commit comes, and for each of several pages', async () => {
    const { redrain, home } = await givenRedrain();
    await redrain.captureMany([{ event_id: 'first', event_type: 'T' }]);
    await redrain.drain();
    const { waits, streams, renderings, settled } = givenStreams(home);
    const pages = new Map<string, Hearing>();
    for (const page of ['', 'tail', 'target']) {
      const query = new URLSearchParams(page === 'target' ? { id: '1' } : {});
      const { parts } = await renderings.page(page, query);
      const has = new Map([...parts].map(([name, { hash }]) => [name, hash]));
      const hearing = new Hearing();
      pages.set(page, hearing);
      void streams.stream(hearing.stream, page, query, has);
    }
    await settled();
    const waited: number[] = [];
    for (let round = 0; round < 24; round += 1) {
      // From the middle of the pause after the last change to long after it.
      for (let i = 0; i < (round % 8) * 2; i += 1) {
        waits.step();
        await settled();
      }
      await redrain.captureMany([{ event_id: `round-${round}`, event_type: 'T' }]);
      const at = waits.now;
      // The page of a target has no names of events: its number of unsent ones.
      const signs = {
        '': `${round + 1} unsent`,
        tail: `round-${round}<`,
        target: `${round + 1} unsent`,
      };
      const isLate = () =>
        Object.entries(signs).some(([page, sign]) => pages.get(page)?.hasHeard(sign) !== true);
      while (isLate() && waits.now - at < 5_000) {
        waits.step();
        await settled();
      }
      waited.push(waits.now - at);
    }
    expect(Math.max(...waited), `waited ${waited.join(', ')}`).to.be.at.most(MOST_WAITING);
  });
});
