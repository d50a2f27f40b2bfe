import { existsSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openRedrain, type Redrain } from '../../src/index.js';
import { startServer } from '../../src/receivers/stub/server.js';
import type { Cli } from '../support/cli.js';
import { closeAfterTest, temporaryHome } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { observe } from './given-observatory.js';

/** Where Debian, and others, put it; `CHROMIUM` names another. */
const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);

/** Names that lead to this machine in the browser: `evil.test` belongs to somebody else. */
const NAMES = '--host-resolver-rules=MAP evil.test 127.0.0.1';

let browser: Browser | undefined;

export async function launched(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  // Tests run as root in containers, where the sandbox cannot.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', NAMES];
  browser ??= await chromium.launch({ executablePath: CHROMIUM as string, args });
  return browser;
}

/** Tests in a browser, with a loud skip where there is none. */
export function describeInBrowser(name: string, tests: () => void): void {
  describe(name, () => {
    before(function () {
      if (CHROMIUM !== undefined) return;
      console.error(`SKIPPED: ${name}: there is no Chromium (apt-get install chromium)`);
      this.skip();
    });
    after(async () => {
      await browser?.close();
      browser = undefined;
    });
    tests();
  });
}

/** A browser of its own that shares nothing with the others. */
export async function anotherBrowser(
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<BrowserContext> {
  const context = await (await launched()).newContext(options);
  closeAfterTest(() => context.close());
  return context;
}

export interface GivenBrowser {
  readonly cli: Cli;
  readonly context: BrowserContext;
  readonly page: Page;
  /** The link that this browser used up. */
  readonly link: string;
  /** `http://127.0.0.1:PORT/BASE/`. */
  readonly base: string;
  /** What went wrong in the browser: refused scripts and styles, exceptions. */
  readonly troubles: string[];
  /** Types that the receiver refuses; it takes what is not in it any more. */
  readonly refused: string[];
}

/** A home with events of which some are refused, its observatory, and a browser that opened it. */
export async function givenBrowser(
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<GivenBrowser> {
  const cli = new WarmCli();
  const refused = ['PaymentFailed'];
  const sink = await startServer({ db: ':memory:', misbehave: { rejectTypes: refused } });
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
  const context = await anotherBrowser(options);
  const page = await context.newPage();
  const troubles = troublesOf(page);
  const link = open.stdout.trim();
  await page.goto(link);
  return { cli, context, page, link, base: page.url(), troubles, refused };
}

export interface GivenPages extends Omit<GivenBrowser, 'cli' | 'refused'> {
  readonly redrain: Redrain;
}

/** Pages of this process, in which plans can be applied, of a home with two events that were refused. */
export async function givenPages(): Promise<GivenPages> {
  const home = temporaryHome();
  const sink = await startServer({ db: ':memory:', misbehave: { rejectTypes: ['PaymentFailed'] } });
  closeAfterTest(() => sink.close());
  const redrain = await openRedrain({ home, env: {} });
  closeAfterTest(() => redrain.close());
  await redrain.targets.add('billing', { url: `${sink.url}/in` });
  const ids = ['a', 'b'];
  await redrain.captureMany(ids.map((event_id) => ({ event_id, event_type: 'PaymentFailed' })));
  await redrain.drain();
  const link = (await observe(home, { allowWrites: true })).newLink();
  const context = await anotherBrowser();
  const page = await context.newPage();
  const troubles = troublesOf(page);
  await page.goto(link);
  return { redrain, context, page, link, base: page.url(), troubles };
}

/** Fills with what goes wrong on a page from now on. */
export function troublesOf(page: Page): string[] {
  const troubles: string[] = [];
  page.on('pageerror', ({ message }) => troubles.push(message));
  page.on('console', (said) => {
    if (said.type() === 'error' && !/ERR_CONNECTION|409/.test(said.text()))
      troubles.push(said.text());
  });
  return troubles;
}
