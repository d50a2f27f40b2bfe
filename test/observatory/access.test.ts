import { connect } from 'node:net';
import { expect } from 'chai';
import { type Answer, ask, givenObservatory, visit } from './given-observatory.js';

const NEEDS_LINK = 'This needs a new link';

function expectRefused({ status, text, headers }: Answer, code: number, words: string): void {
  expect(status).to.equal(code);
  expect(text).to.contain(words);
  expect(headers['set-cookie']).to.equal(undefined);
  expect(headers['content-security-policy']).to.match(/^default-src 'none';/);
}

describe('who may see the observatory', () => {
  it('is whoever brings the link, once: it is exchanged for a cookie that scripts and other paths do not get', async () => {
    const { observatory } = await givenObservatory();
    const { pathname, search } = new URL(observatory.newLink());
    const first = await ask(observatory.port, `${pathname}${search}`);
    expect(first.status).to.equal(303);
    const base = first.headers.location ?? '';
    expect(base).to.match(/^\/[\w-]{12}\/$/);
    const cookie = first.headers['set-cookie']?.[0];
    expect(cookie).to.match(/^redrain=[\w-]{43}; Path=\/[\w-]{12}; HttpOnly; SameSite=Strict$/);
    expect(`${cookie};`).to.contain(`Path=${base.slice(0, -1)};`);
    expectRefused(await ask(observatory.port, `${pathname}${search}`), 403, NEEDS_LINK);
  });

  it('has as many links as were asked for, each good for one', async () => {
    const { observatory } = await givenObservatory();
    const visitors = await Promise.all([observatory.newLink(), observatory.newLink()].map(visit));
    for (const visitor of visitors) expect((await visitor.get('')).status).to.equal(200);
    expect(visitors[0]?.cookie).to.not.equal(visitors[1]?.cookie);
  });

  it('is not a browser that only fetches ahead, and its link stays good', async () => {
    const { observatory } = await givenObservatory();
    const { pathname, search } = new URL(observatory.newLink());
    const path = `${pathname}${search}`;
    const headers = { 'sec-purpose': 'prefetch;prerender' };
    expectRefused(await ask(observatory.port, path, { headers }), 403, NEEDS_LINK);
    const head = await ask(observatory.port, path, { method: 'HEAD' });
    expect(head.status).to.equal(403);
    expect((await ask(observatory.port, path)).status).to.equal(303);
  });

  it('is nobody with a wrong token, without a cookie, with a wrong one, or with one of another start', async () => {
    const { observatory, visitor } = await givenObservatory();
    const other = await givenObservatory();
    const { port } = observatory;
    expectRefused(await ask(port, '/open?token=guess'), 403, NEEDS_LINK);
    expectRefused(await ask(port, '/open'), 403, NEEDS_LINK);
    for (const cookie of ['', 'redrain=', 'redrain=guess', other.visitor.cookie, 'x=1; redrain=a'])
      for (const page of ['', 'events', 'live?page=', 'event?id=e0'])
        expectRefused(await visitor.get(page, { cookie }), 403, NEEDS_LINK);
    const headers = { cookie: visitor.cookie };
    for (const path of ['/', '/events', '/nothing', '/index.html'])
      expectRefused(await ask(port, path, { headers }), 403, NEEDS_LINK);
  });

  it('says how to get a new link, and nothing of the home', async () => {
    const { observatory, home } = await givenObservatory();
    const { text } = await ask(observatory.port, '/');
    expect(text).to.contain('press Enter in the terminal');
    expect(text).to.not.contain(home);
  });
});

describe('a request to the observatory is refused', () => {
  it('under another host: a name that leads here is a page of somebody else (DNS rebinding)', async () => {
    const { observatory, visitor } = await givenObservatory();
    const { port } = observatory;
    const hosts = [
      'localhost',
      'localhost:1',
      'evil.test',
      `evil.test:${port}`,
      '127.0.0.1',
      '127.0.0.1:1',
    ];
    for (const host of [...hosts, `localhost:${port}`, `[::1]:${port}`])
      for (const page of ['', 'live?page='])
        expectRefused(await visitor.get(page, { host }), 421, 'and nothing else');
    const token = new URL(observatory.newLink()).search;
    const stolen = await ask(port, `/open${token}`, { headers: { host: `evil.test:${port}` } });
    expectRefused(stolen, 421, 'and nothing else');
    expect((await ask(port, `/open${token}`)).status).to.equal(303);
  });

  it('without any host, as HTTP/1.0 allows', async () => {
    const { observatory, visitor } = await givenObservatory();
    const socket = connect(observatory.port, '127.0.0.1');
    socket.end(`GET ${visitor.base}/ HTTP/1.0\r\ncookie: ${visitor.cookie}\r\n\r\n`);
    let said = '';
    for await (const chunk of socket) said += String(chunk);
    expect(said).to.match(/^HTTP\/1\.[01] 421 /);
  });

  it('when a page of another origin reads, and not when a person follows a link', async () => {
    const { visitor } = await givenObservatory();
    for (const site of ['cross-site', 'same-site'])
      for (const mode of ['cors', 'no-cors', 'same-origin', 'websocket']) {
        const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode };
        expectRefused(await visitor.get('', headers), 403, 'other origins');
      }
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await visitor.get('', link)).status).to.equal(200);
  });

  it('when a form of another page would change something', async () => {
    const { visitor, observatory } = await givenObservatory({ allowWrites: true });
    const { port } = observatory;
    const form = new URLSearchParams({ do: 'retry', target: '1', seal: 'x' });
    const origins = ['null', 'http://evil.test', `http://localhost:${port}`, 'http://127.0.0.1'];
    for (const origin of [...origins, `https://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`])
      expectRefused(await visitor.post('apply', form, { origin }), 403, 'Only a form of this page');
    for (const site of ['cross-site', 'same-site', 'none'])
      expectRefused(
        await visitor.post('apply', form, { 'sec-fetch-site': site }),
        403,
        'Only a form of this page',
      );
    const headers = { cookie: visitor.cookie };
    const without = { method: 'POST', headers, body: form.toString() };
    expectRefused(await ask(port, `${visitor.base}/apply`, without), 403, 'Only a form');
  });

  it('with another method, and with a form that has no end', async () => {
    const { visitor, observatory } = await givenObservatory({ allowWrites: true });
    const headers = { cookie: visitor.cookie };
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expectRefused(
        await ask(observatory.port, `${visitor.base}/apply`, { method, headers }),
        405,
        `There is no ${method} here`,
      );
    const endless = new URLSearchParams({ do: 'retry', type: 'x'.repeat(100_000) });
    expect((await visitor.post('apply', endless)).status).to.equal(413);
    expect((await visitor.post('events', new URLSearchParams())).status).to.not.equal(200);
  });
});

describe('every answer of the observatory', () => {
  it('lets nothing be loaded from elsewhere, framed, sniffed, kept or told on', async () => {
    const { visitor, observatory } = await givenObservatory();
    const answers = [
      await visitor.get(''),
      await visitor.get('nothing'),
      await visitor.get('event?id=none'),
      await ask(observatory.port, '/'),
      await ask(observatory.port, '/assets/style.css'),
      await ask(observatory.port, '/assets/live.js'),
      await ask(observatory.port, '/assets/package.json'),
      await ask(observatory.port, '/open?token=x'),
    ];
    for (const { headers } of answers) {
      const policy = headers['content-security-policy'];
      expect(policy).to.contain("default-src 'none'").and.to.contain("frame-ancestors 'none'");
      expect(policy).to.not.match(/unsafe|\*|https?:|data:/);
      expect(headers).to.include({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers).to.not.have.any.keys('access-control-allow-origin', 'x-powered-by', 'server');
    }
  });

  it('has the files of a browser, which anybody may have, and no others', async () => {
    const { observatory } = await givenObservatory();
    const asset = (name: string) => ask(observatory.port, `/assets/${name}`);
    expect((await asset('live.js')).text).to.contain('new EventSource(');
    expect((await asset('live.js')).headers['content-type']).to.match(/^text\/javascript/);
    expect((await asset('style.css')).headers['content-type']).to.match(/^text\/css/);
    expect((await asset('icon.svg')).headers['content-type']).to.equal('image/svg+xml');
    for (const name of ['page.js', '..%2fpage.js', '..%2f..%2f..%2fpackage.json', 'constructor'])
      expect((await asset(name)).status, name).to.equal(404);
  });

  it('names no address but its own, and has nothing inline', async () => {
    const { visitor, redrain } = await givenObservatory();
    await redrain.captureMany([{ event_id: 'e', event_type: 'T' }]);
    for (const page of [
      '',
      'events',
      'event?id=e',
      'jobs',
      'workers',
      'tail',
      'diff',
      'conflicts',
    ]) {
      const { text } = await visitor.get(page);
      expect(text, page).to.not.match(
        /<script(?! src="\/assets\/live\.js")|<style| style=| on\w+="/,
      );
      const loaded = [...text.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, to]) => to ?? '');
      const elsewhere = loaded.filter((to) => !to.startsWith('/') && !to.startsWith('#'));
      expect(elsewhere, page).to.deep.equal([]);
    }
  });
});
