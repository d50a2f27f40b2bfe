import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { openRedrain } from '../../src/index.js';
import { PAGES } from '../../src/observatory/routes.js';
import { givenEdges } from '../support/arrivals.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { describeInBrowser, type GivenBrowser, givenBrowser, givenPages } from './given-browser.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

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
/** Notes of each event when it was first on the screen. */
const NOTE_MOVES = `globalThis.seen = {}; addEventListener('redrain:part', () => {
  for (const { innerText } of document.querySelectorAll('table.events tbody th')) seen[innerText] ??= Date.now();
})`;
/** Contrast that axe cannot tell is that of names which stand partly behind others, in the colours of all text. */
const FAULTS = `axe.run({ resultTypes: ['violations', 'incomplete'] }).then(({ violations, incomplete }) =>
  [...violations, ...incomplete.filter(({ id }) => id !== 'color-contrast')]
    .map(({ id, impact, nodes }) => impact + ' ' + id + ': ' + nodes[0]?.html))`;

/** What is behind a click is part of the page, too. */
const OPEN_ALL = "for (const one of document.querySelectorAll('details')) one.open = true";

/** Tables without headers, charts without their numbers, and drawings that say nothing to who cannot see them. */
const UNTOLD = `[
  ...[...document.querySelectorAll('table')].flatMap((table) => {
    const heads = table.querySelectorAll('thead th[scope="col"]').length;
    const isTold = (row) => row.cells.length === heads && row.cells[0].matches('th[scope="row"]');
    const rows = [...table.querySelectorAll('tbody tr')];
    return rows.length > 0 && rows.every(isTold) ? [] : [table.outerHTML.slice(0, 300)];
  }),
  ...[...document.querySelectorAll('figure.chart')]
    .filter((chart) => chart.querySelector('svg[role="img"]') !== null)
    .filter((chart) => chart.querySelector('details table tbody td.n') === null)
    .map((chart) => chart.outerHTML.slice(0, 300)),
  ...[...document.querySelectorAll('svg:not([aria-hidden="true"])')]
    .filter((drawn) => !drawn.matches('[role="img"][aria-label]'))
    .map((drawn) => drawn.outerHTML.slice(0, 300)),
]`;

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

/** Every step from the open page to the delivery of what had been refused. */
async function walk(given: GivenBrowser, way: Way, isLive: boolean) {
  const { page, troubles } = given;
  const main = () => page.locator('main').innerText();
  expect(await page.locator('.funnel').innerText()).to.match(/captured\s+30\s+due\s+30/);
  await moves(given, isLive);
  await way.follow(page, /10 rejected type PaymentFailed refused/);
  expect(new URL(page.url()).searchParams.get('cause')).to.equal('type PaymentFailed refused');
  expect(await page.locator('table.events tbody tr').count()).to.equal(10);
  await way.follow(page, /^ord-4$/);
  expect(await main())
    .to.contain('Recorded answer of billing')
    .and.to.match(/Posts[\s\S]*HTTP 200/);
  expect(await main()).to.not.contain('bytes of 4');
  await way.follow(page, /^Show the \d+ B$/);
  expect(await page.getByLabel('Payload').innerText()).to.contain('"word": "bytes of 4"');
  await way.follow(page, /^billing$/);
  await way.follow(page, /^Retry these/);
  expect(await main()).to.contain('Make due now: 10 events');
  await captureAndSend(given, { event_id: 'm', event_type: 'PaymentFailed' });
  await way.follow(page, /^Apply this plan$/);
  expect(await page.getByRole('alert').innerText()).to.contain('nothing was done');
  expect(await main()).to.contain('Make due now: 11 events');
  await way.follow(page, /^Target$/);
  await way.follow(page, /^Plan a retry$/);
  expect(await main()).to.contain('Make due now: 11 events');
  await way.follow(page, /^Apply this plan$/);
  expect(await main()).to.contain('11 events are due now');
  await way.follow(page, /^Target$/);
  expect(await page.locator('.funnel').innerText()).to.match(/delivered\s+21\s+11 rejected/);
  given.refused.length = 0;
  await given.cli.run(['now']);
  if (!isLive) await page.reload();
  // All that were captured, and those of the walk.
  await page.locator('.funnel', { hasText: /delivered\s+32/ }).waitFor();
  expect(troubles).to.deep.equal([]);
}

/** A capture in a shell is on the screen. */
async function moves({ cli, page }: GivenBrowser, isLive: boolean) {
  if (isLive) await page.locator('#live[data-state="on"]').waitFor();
  await cli.run(['capture', cli.file('one.jsonl', [{ event_id: 'new', event_type: 'OrderPaid' }])]);
  if (!isLive) await page.reload();
  await page.locator('.funnel', { hasText: /captured\s+31/ }).waitFor();
}

async function captureAndSend(
  { cli }: GivenBrowser,
  event: { event_id: string; event_type: string },
) {
  await cli.run(['capture', cli.file(`${event.event_id}.jsonl`, [event])]);
  await cli.run(['now']);
}

describeInBrowser('the observatory in a browser', () => {
  it('can be walked by mouse', async () => walk(await givenBrowser(), BY_MOUSE, true));

  it('can be walked by keyboard alone', async () => walk(await givenBrowser(), BY_KEYBOARD, true));

  it('can be walked without JavaScript', async () =>
    walk(await givenBrowser({ javaScriptEnabled: false }), BY_MOUSE, false));

  it('shows what a shell captures within half a second, from before its commit to the screen', async () => {
    const { cli, page, base } = await givenBrowser();
    await page.goto(`${base}tail`);
    await page.locator('#live[data-state="on"]').waitFor();
    await page.evaluate(NOTE_MOVES);
    const redrain = await openRedrain({ home: cli.home, env: cli.env });
    closeAfterTest(() => redrain.close());
    const took: number[] = [];
    // The machine may stand still while one of them is on its way: how long the pages themselves
    // wait is held in pace.test.ts.
    while (Math.min(...took) >= 500 && took.length < 12) {
      const id = `moves-${took.length}`;
      await cli.run(['capture', cli.file(`${id}.jsonl`, [{ event_id: id, event_type: 'T' }])]);
      await page.locator('table.events', { hasText: id }).waitFor();
      const seen = (await page.evaluate(`seen['${id}']`)) as number;
      const [event] = (await redrain.events({ limit: 1 })).events;
      took.push(seen - Date.parse(event?.captured_at ?? ''));
    }
    expect(Math.min(...took), `took ${took.join(', ')} ms`).to.be.within(0, 499);
  });

  it('moves in eight windows of one browser, which has six connections', async () => {
    const { context, redrain, base, page } = await givenPages();
    const pages = [page];
    for (let i = 0; i < 7; i += 1) pages.push(await context.newPage());
    for (const one of pages) await one.goto(base);
    await redrain.captureMany([{ event_id: 'c', event_type: 'T' }]);
    for (const one of pages) await one.locator('.funnel', { hasText: /captured\s+3/ }).waitFor();
  });

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

  it('has no fault that axe finds on any page, in light and dark, on a phone and on a desk; tables have headers, charts their numbers', async () => {
    const { cli, page, base } = await givenBrowser();
    const pages = await givenEveryPage(cli);
    const source = readFileSync(AXE, 'utf8');
    const looks = [360, 1_600].flatMap((width) =>
      (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
    );
    for (const name of pages)
      for (const { width, colorScheme } of looks) {
        const at = `${name} ${colorScheme} ${width}`;
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await page.goto(`${base}${name}`);
        await page.evaluate(OPEN_ALL);
        // By the debugger: the page itself may run nothing that is not its own.
        await page.evaluate(source);
        expect(await page.evaluate(FAULTS), at).to.deep.equal([]);
        expect(await page.evaluate(UNTOLD), at).to.deep.equal([]);
        expect(await page.evaluate(TOO_WIDE), at).to.equal(0);
      }
    const seen = new Set(pages.map((name) => name.split('?', 1)[0] ?? ''));
    expect([...seen]).to.include.members(Object.keys(PAGES));
  });
});

/** Addresses of every page, with something on each. */
async function givenEveryPage(cli: GivenBrowser['cli']): Promise<string[]> {
  const changed = [{ event_id: 'ord-1', event_type: 'OrderPaid', word: 'another' }];
  await cli.run(['capture', cli.file('conflict.jsonl', changed)]);
  await cli.run(['enqueue', 'dispatch']);
  await cli.run(['schedule', 'defaults']);
  await cli.run(['targets', 'add', 'second', 'http://127.0.0.1:9/in']);
  await cli.run(['now', '--to', 'second']);
  await givenEdges(cli.home);
  return [
    '',
    'target?id=1',
    'target?id=2',
    'events',
    'events?state=rejected',
    'events?since=whenever',
    'event?id=ord-1&show=bytes',
    'event?id=ord-4',
    'tail',
    'conflicts',
    'conflict?id=1',
    'diff',
    'diff?a=1&b=2',
    'jobs',
    'job?queue=dispatch&id=1',
    'workers',
    'edges',
    'edge?id=1',
    'none',
    'plan?do=retry&target=1',
    'plan?do=replay&target=1',
    'plan?do=pause&queue=dispatch',
    'plan?do=resolve&conflict=1&keep=incoming',
  ];
}
