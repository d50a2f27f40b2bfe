import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import type { Wait } from '../../src/base/wait.js';
import { timeOf } from '../../src/cli/times.js';
import type { Redrain } from '../../src/index.js';
import { LiveStreams, type Told } from '../../src/observatory/live.js';
import { Renderings } from '../../src/observatory/renderings.js';
import { givenRedrain } from '../library/given-redrain.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** Milliseconds that a change may wait on its way: what is left of half a second is for work. */
const MOST_WAITING = 150;
/** The same where no hint tells of it. */
const MOST_WITHOUT_HINTS = 350;
/** Looks in a second at a home where nothing happens. */
const MOST_LOOKS = 6;

/** Waits of the pages, each over when the test says so. A slow machine makes none of them longer. */
class Waits {
  now = 0;
  readonly #pending: { readonly at: number; readonly go: () => void }[] = [];

  readonly wait: Wait = (ms, signal) =>
    new Promise<void>((resolve) => {
      const go = () => {
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const one = { at: this.now + ms, go };
      const end = () => {
        this.#pending.splice(this.#pending.indexOf(one), 1);
        go();
      };
      if (signal?.aborted === true) return go();
      this.#pending.push(one);
      signal?.addEventListener('abort', end);
    });

  /** Lets the next one end. */
  step(): void {
    const at = Math.min(...this.#pending.map((one) => one.at));
    const next = this.#pending.findIndex((one) => one.at === at);
    if (next < 0) throw new Error('nothing waits');
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
  /** Looks at the home until now. */
  looks(): number;
  /** Comes back when all that is left to do is to wait. */
  settled(): Promise<void>;
}

function givenStreams(home: string, hasHints = true): Given {
  const app = new App({ home, env: {} });
  const readTime = (text: string, now: number): number => timeOf('the time', text, now);
  const renderings = new Renderings({ app, base: '/base', allowWrites: false, readTime });
  const waits = new Waits();
  let looks = 0;
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
      version: () => {
        looks += 1;
        return watched(renderings.version());
      },
      onHint: (hear) => (hasHints ? renderings.onHint(hear) : () => undefined),
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
  return { waits, streams, renderings, looks: () => looks, settled };
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

const PAGES = ['', 'tail', 'target'];

/** Opens these pages, as browsers have them. */
async function opened({ streams, renderings, settled }: Given): Promise<Map<string, Hearing>> {
  const pages = new Map<string, Hearing>();
  for (const page of PAGES) {
    const query = new URLSearchParams(page === 'target' ? { id: '1' } : {});
    const { parts } = await renderings.page(page, query);
    const has = new Map([...parts].map(([name, { hash }]) => [name, hash]));
    const hearing = new Hearing();
    pages.set(page, hearing);
    void streams.stream(hearing.stream, page, query, has);
  }
  await settled();
  return pages;
}

/** Lets time pass while nothing is written. */
async function rest({ waits, settled }: Given, ms: number): Promise<void> {
  for (const end = waits.now + ms; waits.now < end; ) {
    waits.step();
    await settled();
  }
}

/** Milliseconds that a capture waits until each page shows it; it is one of `count` that are unsent. */
async function waitOf(
  redrain: Redrain,
  { waits, settled }: Given,
  pages: ReadonlyMap<string, Hearing>,
  count: number,
): Promise<number> {
  const id = `round-${count}`;
  const at = waits.now;
  await redrain.captureMany([{ event_id: id, event_type: 'T' }]);
  await settled();
  // The page of a target has no names of events: its number of unsent ones.
  const signs = { '': `${count} unsent`, tail: `${id}<`, target: `${count} unsent` };
  const isLate = () =>
    Object.entries(signs).some(([page, sign]) => pages.get(page)?.hasHeard(sign) !== true);
  while (isLate() && waits.now - at < 5_000) {
    waits.step();
    await settled();
  }
  return waits.now - at;
}

/** A home whose only event is delivered, and pages that look at it. */
async function givenPages(hasHints = true) {
  const { redrain, home } = await givenRedrain();
  await redrain.captureMany([{ event_id: 'first', event_type: 'T' }]);
  await redrain.drain();
  const given = givenStreams(home, hasHints);
  return { redrain, given, pages: await opened(given) };
}

describe('the way of a change to an open page', () => {
  it('has little waiting in it, whenever the commit comes, and for each of several pages', async () => {
    const { redrain, given, pages } = await givenPages();
    const waited: number[] = [];
    for (let round = 0; round < 24; round += 1) {
      // From the middle of the pause after the last change to long after it, when all is quiet.
      await rest(given, round % 8 === 7 ? 3_000 : (round % 8) * 50);
      waited.push(await waitOf(redrain, given, pages, round + 1));
    }
    expect(Math.max(...waited), `waited ${waited.join(', ')}`).to.be.at.most(MOST_WAITING);
  });

  it('is half a second at most where the system gives no hint of it', async () => {
    const { redrain, given, pages } = await givenPages(false);
    const waited: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      await rest(given, 3_000 + round * 40);
      waited.push(await waitOf(redrain, given, pages, round + 1));
    }
    expect(Math.max(...waited), `waited ${waited.join(', ')}`).to.be.at.most(MOST_WITHOUT_HINTS);
  });

  it('costs a few looks in a second while nothing is written, and many while something is', async () => {
    const { redrain, given, pages } = await givenPages();
    const looksIn = async (ms: number) => {
      const before = given.looks();
      await rest(given, ms);
      return given.looks() - before;
    };
    await rest(given, 3_000);
    expect(await looksIn(10_000)).to.be.at.most(10 * MOST_LOOKS);
    await waitOf(redrain, given, pages, 1);
    expect(await looksIn(500), 'more may follow').to.be.at.least(18);
    await rest(given, 3_000);
    expect(await looksIn(10_000), 'quiet again').to.be.at.most(10 * MOST_LOOKS);
  });
});
