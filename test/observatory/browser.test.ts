import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openRedrain } from '../../src/index.js';
import { startServer } from '../../src/receivers/stub/server.js';
import type { Cli } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

/** Where Debian, and others, put it; `CHROMIUM` names another. */
const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let browser: Browser | undefined;

async function launched(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  // Tests run as root in containers, where the sandbox cannot.
  const args = ['--no-sandbox', '--disable-dev-shm-usage'];
  browser ??= await chromium.launch({ executablePath: CHROMIUM as string, args });
  return browser;
}

interface Given {
  readonly cli: Cli;
  readonly context: BrowserContext;
  readonly page: Page;
  /** `http://127.0.0.1:PORT/BASE/`. */
  readonly base: string;
  /** What went wrong in the browser: refused scripts and styles, exceptions. */
  readonly troubles: string[];
}

/** A home with events of which some are refused, its observatory, and a browser that opened it. */
async function givenBrowser(options: Parameters<Browser['newContext']>[0] = {}): Promise<Given> {
  const cli = new WarmCli();
  const sink = await startServer({ db: ':memory:', misbehave: { rejectTypes: ['PaymentFailed'] } });
  closeAfterTest(() => sink.close());
  const redrain = await openRedrain({ home: cli.home, env: cli.env });
  await redrain.targets.add('billing', { url: `${sink.url}/in` });
  const types = ['OrderCreated', 'PaymentFailed', 'OrderPaid'];
  await redrain.captureMany(
    Array.from({ length: 30 }, (_, i) => ({
      event_id: `ord-${i}`,
      event_type: types[i % 3],
      word: `bytes of ${i}`,
    })),
  );
  await redrain.drain();
  await redrain.close();
  const open = cli.start(['open', '--no-browser', '--allow-writes']);
  await open.until(({ stdout }) => stdout.endsWith('\n'));
  const context = await (await launched()).newContext(options);
  closeAfterTest(() => context.close());
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('pageerror', ({ message }) => troubles.push(message));
  page.on('console', (said) => {
    if (said.type() === 'error' && !/ERR_CONNECTION|409/.test(said.text()))
      troubles.push(said.text());
  });
  await page.goto(open.stdout.trim());
  return { cli, context, page, base: page.url(), troubles };
}

/** How a person gets from one place to the next. */
interface Way {
  follow(page: Page, name: RegExp): Promise<void>;
}

const BY_MOUSE: Way = {
  async follow(page, name) {
    const wanted = page.getByRole('link', { name }).or(page.getByRole('button', { name }));
    await wanted.first().click();
    await page.waitForLoadState();
  },
};

interface Focused {
  readonly text: string;
  readonly outlineStyle: string;
  readonly outlineWidth: string;
}

/** Text for the browser, whose types this program does not know. */
const FOCUSED = `(() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return { text: document.activeElement.innerText ?? '', outlineStyle, outlineWidth };
})()`;
const TOO_WIDE = 'document.documentElement.scrollWidth - innerWidth';
const NOTE_MOVES = `addEventListener('redrain:part', () => {
  document.body.dataset.moved ??= String(Date.now());
})`;
const FAULTS = `axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, impact, nodes }) => impact + ' ' + id + ': ' + nodes[0]?.html))`;

/** Nothing but Tab and Enter; what has the focus can be seen to have it. */
const BY_KEYBOARD: Way = {
  async follow(page, name) {
    for (let i = 0; i < 150; i += 1) {
      await page.keyboard.press('Tab');
      const at = (await page.evaluate(FOCUSED)) as Focused;
      if (!name.test(at.text.replaceAll(/\s+/g, ' '))) continue;
      expect(at.outlineStyle, `the focus on ${at.text}`).to.equal('solid');
      expect(Number.parseFloat(at.outlineWidth)).to.be.at.least(2);
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
      return;
    }
    throw new Error(`the keyboard does not get to ${name}`);
  },
};

/** From the funnel to an event, to a plan that is refused, to one that is applied and delivered. */
async function walk({ cli, page, base, troubles }: Given, way: Way, isLive: boolean) {
  expect(await page.locator('.funnel').innerText()).to.match(/captured\s+30\s+due\s+30/);
  await way.follow(page, /10 rejected type PaymentFailed refused/);
  expect(new URL(page.url()).searchParams.get('cause')).to.equal('type PaymentFailed refused');
  expect(await page.locator('table.events tbody tr').count()).to.equal(10);
  await way.follow(page, /^ord-4$/);
  expect(await page.locator('main').innerText()).to.contain('Recorded answer of billing');
  expect(await page.locator('main').innerText()).to.not.contain('bytes of 4');
  await way.follow(page, /^Show the \d+ B$/);
  expect(await page.getByLabel('Payload').innerText()).to.contain('"word": "bytes of 4"');
  await page.goto(`${base}target?id=1`);
  await way.follow(page, /^Plan a retry$/);
  expect(await page.locator('main').innerText()).to.contain('Make due now: 10 events');
  await cli.run([
    'capture',
    cli.file('more.jsonl', [{ event_id: 'm', event_type: 'PaymentFailed' }]),
  ]);
  await cli.run(['now']);
  await way.follow(page, /^Apply this plan$/);
  expect(await page.getByRole('alert').innerText()).to.contain('nothing was done');
  expect(await page.locator('main').innerText()).to.contain('Make due now: 11 events');
  await way.follow(page, /^Apply this plan$/);
  expect(await page.locator('main').innerText()).to.contain('11 events are due now');
  await way.follow(page, /^Target$/);
  await cli.run(['capture', cli.file('last.jsonl', [{ event_id: 'l', event_type: 'OrderPaid' }])]);
  await cli.run(['now']);
  if (!isLive) await page.reload();
  await page.locator('.funnel', { hasText: /delivered\s+21/ }).waitFor();
  expect(troubles).to.deep.equal([]);
}

describe('the observatory in a browser', () => {
  before(function () {
    if (CHROMIUM !== undefined) return;
    console.error('SKIPPED: pages in a browser: there is no Chromium (apt-get install chromium)');
    this.skip();
  });
  after(() => browser?.close());

  it('moves within half a second of a capture in a shell', async () => {
    const { cli, page, troubles } = await givenBrowser();
    await page.locator('#live[data-state="on"]').waitFor();
    await page.evaluate(NOTE_MOVES);
    const redrain = await openRedrain({ home: cli.home, env: cli.env });
    closeAfterTest(() => redrain.close());
    await redrain.captureMany([{ event_id: 'new', event_type: 'OrderPaid' }]);
    const at = Date.now();
    await page.locator('.funnel', { hasText: /captured\s+31/ }).waitFor();
    const moved = Number(await page.locator('body').getAttribute('data-moved'));
    // 500 ms on a machine that does nothing else.
    expect(moved - at).to.be.lessThan(1_500);
    expect(troubles).to.deep.equal([]);
  });

  it('can be walked by mouse', async () => walk(await givenBrowser(), BY_MOUSE, true));

  it('can be walked by keyboard alone', async () => walk(await givenBrowser(), BY_KEYBOARD, true));

  it('can be walked without JavaScript', async () =>
    walk(await givenBrowser({ javaScriptEnabled: false }), BY_MOUSE, false));

  it('keeps what is open and has the focus when a part changes, and stops while it is paused', async () => {
    const { cli, page, base } = await givenBrowser();
    await page.goto(base);
    await page.locator('#live[data-state="on"]').waitFor();
    await page.locator('.chart summary').click();
    await page.getByRole('link', { name: /10 rejected type/ }).focus();
    const capture = (id: string) =>
      cli.run(['capture', cli.file(`${id}.jsonl`, [{ event_id: id, event_type: 'T' }])]);
    await capture('one');
    await page.locator('.funnel', { hasText: /captured\s+31/ }).waitFor();
    expect(await page.locator('.chart details').getAttribute('open')).to.equal('');
    const { text } = (await page.evaluate(FOCUSED)) as Focused;
    expect(text).to.contain('PaymentFailed');
    await page.getByRole('button', { name: 'Live' }).click();
    await page.locator('#live[data-state="paused"][aria-pressed="false"]').waitFor();
    await capture('two');
    await page.waitForTimeout(600);
    expect(await page.locator('.funnel').innerText()).to.match(/captured\s+31/);
    await page.getByRole('button', { name: 'Paused' }).click();
    await page.locator('.funnel', { hasText: /captured\s+32/ }).waitFor();
  });

  it('has no fault that axe finds, in light and dark, on a phone and on a desk', async () => {
    const { cli, page, base } = await givenBrowser();
    const changed = [{ event_id: 'ord-1', event_type: 'OrderPaid', word: 'another' }];
    await cli.run(['capture', cli.file('conflict.jsonl', changed)]);
    await cli.run(['enqueue', 'dispatch']);
    const pages = ['', 'target?id=1', 'events', 'event?id=ord-1&show=bytes', 'tail', 'conflicts'];
    const more = ['conflict?id=1', 'diff', 'jobs', 'job?queue=dispatch&id=1', 'workers', 'none'];
    const plans = ['plan?do=retry&target=1', 'plan?do=resolve&conflict=1&keep=incoming'];
    const source = readFileSync(AXE, 'utf8');
    for (const name of [...pages, ...more, ...plans])
      for (const [colorScheme, width] of [
        ['light', 1280],
        ['dark', 360],
      ] as const) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await page.goto(`${base}${name}`);
        // By the debugger: the page itself may run nothing that is not its own.
        await page.evaluate(source);
        const faults = await page.evaluate(FAULTS);
        expect(faults, `${name} ${colorScheme}`).to.deep.equal([]);
        const wide = await page.evaluate(TOO_WIDE);
        expect(wide, `${name} at ${width}`).to.equal(0);
      }
  });

  it('runs nothing that an event brings along, and is broken by no name', async () => {
    const { cli, page, base, troubles } = await givenBrowser();
    const long = `${'ארוך-מאוד-'.repeat(50)}`;
    const script = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
    const events = [
      { event_id: long, event_type: long },
      { event_id: script, event_type: script, word: script },
    ];
    await cli.run(['capture', cli.file('odd.jsonl', events)]);
    await cli.run(['now']);
    await page.setViewportSize({ width: 360, height: 800 });
    const ids = [long, script].map((id) => `event?id=${encodeURIComponent(id)}&show=bytes`);
    for (const name of ['', 'events', 'tail', 'target?id=1', ...ids]) {
      await page.goto(`${base}${name}`);
      const wide = await page.evaluate(TOO_WIDE);
      expect(wide, name).to.equal(0);
      expect(await page.title(), name).to.match(/redrain$/);
      expect(await page.locator('main img, main script').count(), name).to.equal(0);
    }
    expect(troubles).to.deep.equal([]);
  });

  it('needs a new link in another browser, and says how to get one', async () => {
    const { base } = await givenBrowser();
    const other = await (await launched()).newContext();
    closeAfterTest(() => other.close());
    const page = await other.newPage();
    const answer = await page.goto(base);
    expect(answer?.status()).to.equal(403);
    expect(await page.locator('main').innerText()).to.contain('press Enter in the terminal');
  });
});
