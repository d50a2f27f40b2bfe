import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { closeAfterTest } from '../support/temporary-home.js';
import { anotherBrowser, describeInBrowser, type GivenPages, givenPages } from './given-browser.js';

const TOO_WIDE = 'document.documentElement.scrollWidth - innerWidth';

/** A page of somebody else on this machine. */
async function elsewhere(body: string): Promise<{ readonly port: number }> {
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAfterTest(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port };
}

/** The same by a name of its own, and by the number that the observatory has, with another port. */
const originsOf = ({ port }: { readonly port: number }): string[] => [
  `http://evil.test:${port}/`,
  `http://localhost:${port}/`,
  `http://127.0.0.1:${port}/`,
];

const SEAL = 'input[name="seal"]';

/** A plan that fits, as its form would send it. */
async function sealedForm({ page, base }: GivenPages): Promise<string> {
  await page.goto(`${base}plan?do=retry&target=1`);
  const seal = await page.locator(SEAL).getAttribute('value');
  const fields = { do: 'retry', target: '1', seal: seal ?? '' };
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input name="${name}" value="${value}">`,
  );
  return `<form method="post" action="${base}apply">${inputs.join('')}</form><script>document.forms[0].submit()</script>`;
}

describeInBrowser('the observatory, attacked in a browser,', () => {
  it('changes nothing for a form of another origin, although it has a seal that fits', async () => {
    const given = await givenPages();
    const { context, redrain } = given;
    const due = async () => (await redrain.inspect('a'))?.revisions[0]?.targets[0]?.delivery;
    const before = await due();
    const form = await sealedForm(given);
    for (const origin of originsOf(await elsewhere(form))) {
      const page = await context.newPage();
      const answered = page.waitForResponse((response) => response.url().endsWith('/apply'));
      await page.goto(origin).catch(() => undefined);
      expect((await answered).status(), origin).to.equal(403);
      await page.close();
    }
    expect(await due()).to.deep.equal(before);
  });

  it('can be read, framed, or loaded as anything by no page of another origin', async () => {
    const { context, base } = await givenPages();
    const { origin } = new URL(base);
    const server = await elsewhere(`<iframe id="f" src="${base}"></iframe>`);
    for (const address of originsOf(server)) {
      const page = await context.newPage();
      await page.goto(address);
      const read = `fetch('${base}', { credentials: 'include' }).then((a) => a.text(), () => 'refused')`;
      expect(await page.evaluate(read), address).to.equal('refused');
      const opaque = `fetch('${base}', { credentials: 'include', mode: 'no-cors' })
        .then((a) => a.type + a.status, () => 'refused')`;
      expect(await page.evaluate(opaque), address).to.equal('refused');
      const stream = `new Promise((done) => {
        const source = new EventSource('${base}live?page=', { withCredentials: true });
        source.onmessage = source.onopen = () => done('heard');
        source.onerror = () => { source.close(); done('refused'); };
      })`;
      expect(await page.evaluate(stream), address).to.equal('refused');
      const script = `new Promise((done) => {
        const script = document.createElement('script');
        script.onload = () => done('loaded');
        script.onerror = () => done('refused');
        script.src = '${origin}/assets/live.js';
        document.head.append(script);
      })`;
      expect(await page.evaluate(script), address).to.equal('refused');
      const framed = page.frames().find((frame) => frame !== page.mainFrame());
      expect(
        await framed
          ?.locator('.funnel')
          .count()
          .catch(() => 0),
        address,
      ).to.equal(0);
      await page.close();
    }
  });

  it('is not found under another name that leads to it (DNS rebinding)', async () => {
    const { context, base } = await givenPages();
    const page = await context.newPage();
    for (const host of ['evil.test', 'localhost']) {
      const answer = await page.goto(base.replace('127.0.0.1', host));
      expect(answer?.status(), host).to.equal(421);
      expect(await page.locator('main').innerText()).to.contain('and nothing else');
    }
  });

  it('needs a new link in another browser, and for one that is used, and says how to get one', async () => {
    const { base, link } = await givenPages();
    const page = await (await anotherBrowser()).newPage();
    for (const address of [base, link, link.replace(/=.*/, '=guess'), link.replace(/\?.*/, '')]) {
      const answer = await page.goto(address);
      expect(answer?.status()).to.equal(403);
      expect(await page.locator('main').innerText()).to.contain('press Enter in the terminal');
    }
  });

  it('gives its cookie to no script and to no other port', async () => {
    const { context, page } = await givenPages();
    expect(await page.evaluate('document.cookie')).to.equal('');
    const seen: (string | undefined)[] = [];
    const server = createServer(({ headers }, response) => {
      seen.push(headers.cookie);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closeAfterTest(() => server.close());
    const other = await context.newPage();
    await other.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(seen[0]).to.equal(undefined);
  });

  it('runs nothing that an event brings along, and is broken by no name', async () => {
    const { redrain, page, base, troubles } = await givenPages();
    const long = `${'ארוך-מאוד-'.repeat(50)}`;
    const script = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
    const events = [
      { event_id: long, event_type: long },
      { event_id: script, event_type: script, word: script },
    ];
    await redrain.captureMany(events);
    await redrain.drain();
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

  it('shows an SVG bomb, JSON that is deep, and megabytes of one line, as text and at once', async () => {
    const { redrain, page, base, troubles } = await givenPages();
    const entities = Array.from(
      { length: 9 },
      (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`,
    );
    const bomb = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e0 "ha">${entities.join('')}]><svg xmlns="http://www.w3.org/2000/svg" onload="document.title=1"><text>&e9;</text></svg>`;
    const deep = Buffer.from(
      `{"event_id":"deep","event_type":"T","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    );
    const wide = { event_id: 'wide', event_type: 'T', x: '<b>x</b>'.repeat(120_000) };
    const events = [{ event_id: 'bomb', event_type: 'T', x: bomb }, deep, wide];
    await redrain.captureMany(events);
    for (const [id, part] of [
      ['bomb', '&e9;'],
      ['deep', '[[['],
      ['wide', '<b>x</b>'],
    ] as const) {
      await page.goto(`${base}event?id=${id}&show=bytes`);
      expect(await page.getByLabel('Payload').textContent(), id).to.contain(part);
      expect(await marksOf(page), id).to.equal(0);
    }
    expect(troubles).to.deep.equal([]);
  });
});

/** Marks in a payload that would be more than text. */
const marksOf = (page: Page): Promise<number> => page.locator('.payload *').count();
