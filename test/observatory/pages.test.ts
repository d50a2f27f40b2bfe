import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { readStatus } from '../../src/app/status.js';
import { UnrecoverableError } from '../../src/queue/errors.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { arrived, edgeRequest, givenEdges } from '../support/arrivals.js';
import { results } from '../support/scripted-receiver.js';
import { temporaryHome } from '../support/temporary-home.js';
import { givenObservatory, observe, pathsOf, type Visitor, visit } from './given-observatory.js';

/** Every page, as its menu and its links lead to it. */
const PAGES = ['', 'events', 'tail', 'conflicts', 'diff', 'jobs', 'workers', 'edges'];

async function textOf(visitor: Visitor, page: string, status = 200): Promise<string> {
  const answer = await visitor.get(page);
  expect(answer.status, `${page}: ${answer.text.slice(0, 2000)}`).to.equal(status);
  return answer.text;
}

/** What a reader sees: without marks, and with characters as they are. */
const seen = (text: string): string =>
  text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');

describe('the pages of the observatory', () => {
  it('are there for a home in which nothing was captured, and make nothing in it', async () => {
    const home = join(temporaryHome(), 'none');
    const visitor = await visit((await observe(home)).newLink());
    for (const page of PAGES) expect(await textOf(visitor, page)).to.contain('</html>');
    expect(seen(await textOf(visitor, ''))).to.contain(
      'No target yet: redrain targets add NAME URL',
    );
    await textOf(visitor, 'event?id=x', 404);
    await textOf(visitor, 'target?id=1', 404);
    await textOf(visitor, 'conflict?id=1', 404);
    await textOf(visitor, 'edge?id=1', 404);
    await textOf(visitor, 'job?queue=q&id=1', 404);
    await textOf(visitor, 'nothing', 404);
  });

  it('have what is known of homes that send to this one', async () => {
    const { visitor, home } = await givenObservatory();
    await givenEdges(home);
    const list = seen(await textOf(visitor, 'edges'));
    expect(list).to.match(/home-a laptop restored gaps 2 1 1,000 ms/);
    const page = seen(await textOf(visitor, 'edge?id=1'));
    expect(page).to.contain('2 events here, 0 kept there, 1 missing');
    expect(page).to.contain('Missing numbers 2');
    expect(page).to.contain('it sent 1 of its numbers as new that were here, the first of them 3');
    expect(seen(await textOf(visitor, ''))).to.contain('the edge home-a: its journal was restored');
  });

  it('have the numbers of status', async () => {
    const { visitor, redrain, receiver, home } = await givenObservatory();
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) =>
        eventId === 'e1' ? { kind: 'rejected', reason: 'no room' } : { kind: 'success' },
      );
    const input = Array.from({ length: 7 }, (_, i) => ({ event_id: `e${i}`, event_type: 'T' }));
    await redrain.captureMany(input);
    await redrain.drain();
    await redrain.captureMany([{ event_id: 'late', event_type: 'T' }]);
    const app = new App({ home, env: {} });
    const { delivery_ledger: ledger } = await readStatus(app);
    await app.close();
    if ('error' in ledger) throw new Error(ledger.error);
    const [row] = ledger.per_target;
    expect(row).to.include({ total: 8, delivered: 6, rejected: 1, unsent: 1 });
    const text = seen(await textOf(visitor, ''));
    expect(text).to.match(/captured 8 due 8 sent 7 1 unsent delivered 6 1 rejected/);
    expect(text).to.contain('1 rejected no room');
    expect(text, 'a finding names its target').to.match(/1 rejected · "no room" a\.test /);
    const rejected = seen(await textOf(visitor, 'event?id=e1'));
    expect(rejected).to.match(/rejected.* 1 1 (in |due now)/);
    const target = seen(await textOf(visitor, 'target?id=1'));
    expect(target).to.match(/captured 8 due 8 sent 7 1 unsent delivered 6 1 rejected/);
    expect(target).to.match(/1 request in .*200 .*7 1/);
  });

  it('lead from a cause to its events, and from an event to its bytes and posts', async () => {
    const { visitor, redrain, receiver } = await givenObservatory();
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) =>
        eventId === 'good' ? { kind: 'success' } : { kind: 'rejected', reason: `no ${eventId}` },
      );
    for (const event_id of ['good', 'bad', 'worse'])
      await redrain.captureMany([{ event_id, event_type: 'T', word: `of ${event_id}` }]);
    await redrain.drain();
    const home = await textOf(visitor, '');
    const [, link = ''] =
      /href="[^"]*\/(events\?target=1&amp;state=rejected&amp;cause=no\+worse)"/.exec(home) ?? [];
    const events = await textOf(visitor, link.replaceAll('&amp;', '&'));
    expect([...events.matchAll(/\/event\?id=(\w+)"/g)].map(([, id]) => id)).to.deep.equal([
      'worse',
    ]);
    const event = await textOf(visitor, 'event?id=worse');
    expect(seen(event))
      .to.contain('no worse')
      .and.to.contain('HTTP 200')
      .and.to.contain('Show the');
    expect(event).to.not.contain('of worse');
    expect(await textOf(visitor, 'event?id=worse&show=bytes')).to.contain('of worse');
  });

  it('page through events, and keep the filters in the address', async () => {
    const { visitor, redrain } = await givenObservatory();
    const input = Array.from({ length: 120 }, (_, i) => ({ event_id: `e${i}`, event_type: 'T' }));
    await redrain.captureMany([...input, { event_id: 'other', event_type: 'U' }]);
    const ids: string[] = [];
    let page: string | undefined = 'events?type=T';
    while (page !== undefined) {
      const text = await textOf(visitor, page);
      ids.push(...[...text.matchAll(/\/event\?id=(\w+)"/g)].map(([, id]) => id ?? ''));
      page = /rel="next" href="\/[\w-]+\/([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
      if (page !== undefined) expect(page).to.contain('type=T');
    }
    expect(ids).to.deep.equal(input.map(({ event_id }) => event_id).reverse());
    const text = await textOf(visitor, 'events?since=2h&until=1h');
    expect(seen(text)).to.contain('No event matches');
    const unreadable = await textOf(visitor, 'events?since=whenever', 400);
    expect(seen(unreadable)).to.contain('cannot read the time "whenever"');
    expect(unreadable, 'to be corrected').to.contain('name="since" value="whenever"');
    const nowhere = await textOf(visitor, 'tail?target=nowhere', 404);
    expect(nowhere).to.contain('<form').and.to.not.contain('`');
  });

  it('end a search that takes long, say how far it came, and lead on to what is left', async () => {
    const { redrain, home } = await givenObservatory();
    const events = Array.from({ length: 3_000 }, (_, i) => ({
      event_id: `e${i}`,
      event_type: i === 0 ? 'Rare' : 'T',
    }));
    await redrain.captureMany(events);
    const visitor = await visit((await observe(home, { budgetMs: 0 })).newLink());
    expect(seen(await textOf(visitor, 'tail?type=Rare'))).to.contain('No event found so far, down');
    let page = 'events?type=Rare';
    const first = await textOf(visitor, page);
    expect(seen(first)).to.match(/No event found so far, down to number [\d,]+ of the journal/);
    for (let looks = 0; looks < 100; looks += 1) {
      const text = await textOf(visitor, page);
      if (text.includes('/event?id=e0"')) return;
      const link = /rel="next" href="\/[\w-]+\/([^"]*)">Look further back/.exec(text)?.[1];
      expect(link, 'a link to the rest').to.be.a('string');
      page = (link ?? '').replaceAll('&amp;', '&');
    }
    expect.fail('it never came to the end of the journal');
  });

  it('lead on to events within the times of a filter that came late into the journal', async () => {
    const { redrain, home, clock } = await givenObservatory();
    const capture = async (id: string, at: number) => {
      clock.now = at;
      await redrain.captureMany([{ event_id: id, event_type: 'T' }]);
    };
    const noon = Date.parse('2026-11-22T12:00:00Z');
    await capture('before', noon - 60_000);
    await capture('within', noon);
    await capture('after', noon + 60_000);
    await capture('late', noon + 1);
    const visitor = await visit((await observe(home, { budgetMs: 0 })).newLink());
    let page = 'events?since=2026-11-22T12:00:00Z&until=2026-11-22T12:00:30Z';
    const ids: string[] = [];
    let said = '';
    while (page !== '') {
      const text = await textOf(visitor, page);
      said += seen(text);
      ids.push(...[...text.matchAll(/\/event\?id=(\w+)"/g)].map(([, id]) => id ?? ''));
      const [, link = ''] = /rel="next" href="\/[\w-]+\/([^"]*)">Look/.exec(text) ?? [];
      page = link.replaceAll('&amp;', '&');
    }
    expect(ids).to.deep.equal(['within', 'late']);
    expect(said).to.match(
      /1 event found so far\. Events that waited in the spool .* Look for them/,
    );
  });

  it('lead on where a comparison of two targets takes long', async () => {
    const { redrain, home } = await givenObservatory();
    const events = Array.from({ length: 3_000 }, (_, i) => ({
      event_id: `e${i}`,
      event_type: 'T',
    }));
    await redrain.captureMany(events);
    await redrain.drain();
    await redrain.targets.add('second', { url: 'http://b.test/in' });
    await redrain.drain({ to: 'second' });
    await redrain.captureMany([{ event_id: 'last', event_type: 'T' }]);
    await redrain.drain();
    const visitor = await visit((await observe(home, { budgetMs: 0 })).newLink());
    let page = 'diff?a=1&b=second';
    expect(seen(await textOf(visitor, page))).to.match(
      /So far no event delivered .* compared up to number [\d,]+\. Compare further/,
    );
    for (let looks = 0; looks < 100; looks += 1) {
      const text = await textOf(visitor, page);
      if (text.includes('/event?id=last"')) return;
      const link = /rel="next" href="\/[\w-]+\/([^"]*)">Compare further/.exec(text)?.[1];
      expect(link, 'a link to the rest').to.be.a('string');
      page = (link ?? '').replaceAll('&amp;', '&');
    }
    expect.fail('it never came to the end of the journal');
  });

  it('compare two targets, in pages', async () => {
    const { visitor, redrain, receiver } = await givenObservatory();
    await redrain.captureMany(
      Array.from({ length: 130 }, (_, i) => ({ event_id: `e${i}`, event_type: 'T' })),
    );
    await redrain.drain();
    await redrain.targets.add('second', { url: 'http://b.test/in' });
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'full' }));
    await redrain.drain({ to: 'second' });
    const first = await textOf(visitor, 'diff?a=1&b=second');
    expect(seen(first)).to.contain('130 events delivered to a.test and not to second .');
    const [, next = ''] = /rel="next" href="\/[\w-]+\/([^"]*)"/.exec(first) ?? [];
    expect(next).to.equal('diff?a=1&amp;b=second&amp;after=100');
    const second = await textOf(visitor, next.replaceAll('&amp;', '&'));
    expect(seen(second)).to.contain('30 further events').and.to.contain('full');
    expect([...second.matchAll(/\/event\?id=e(\d+)"/g)].map(([, i]) => Number(i))).to.deep.equal(
      Array.from({ length: 30 }, (_, i) => i + 100),
    );
    expect(seen(await textOf(visitor, 'diff?a=2&b=1'))).to.contain('0 events delivered');
    await textOf(visitor, 'diff?a=1&b=none', 404);
  });

  it('show jobs by queue and state, schedules, and what a job carries behind a click', async () => {
    const { visitor, home, clock } = await givenObservatory();
    const queues = await LitequeQueues.open(pathsOf(home).jobsDb, {
      clock: { now: () => clock.now },
    });
    await queues.queue('dispatch').add('drain', { targetId: 1 });
    await queues
      .queue('dispatch')
      .upsertJobScheduler('sweep', { every: 60_000 }, { name: 'sweep' });
    await queues.queue('capture').pause();
    for (let i = 0; i < 60; i += 1) await queues.queue('gc').add('gc', {}, { jobId: `gc-${i}` });
    await queues.close();
    const text = seen(await textOf(visitor, 'jobs'));
    expect(text).to.contain('dispatch 1').and.to.contain('no worker');
    expect(text).to.match(/sweep dispatch sweep every 60 s/);
    const gc = await textOf(visitor, 'jobs?queue=gc&state=waiting');
    const ids = [...gc.matchAll(/&amp;id=gc-(\d+)"/g)].map(([, id]) => Number(id));
    expect(ids, 'the newest first').to.deep.equal(Array.from({ length: 50 }, (_, i) => 59 - i));
    expect(seen(await textOf(visitor, 'jobs?queue=dispatch&state=failed'))).to.contain(
      'No jobs here',
    );
    expect(seen(await textOf(visitor, 'job?queue=dispatch&id=1'))).to.contain('"targetId": 1');
  });

  it('say what cannot be read, and are well again with the home', async () => {
    const home = temporaryHome();
    const visitor = await visit((await observe(home)).newLink());
    const { journalDb } = pathsOf(home);
    mkdirSync(dirname(journalDb), { recursive: true });
    writeFileSync(journalDb, 'no database at all, and long enough to be looked at');
    const broken = await visitor.get('');
    expect(broken.status).to.be.oneOf([200, 503]);
    expect(seen(broken.text)).to.contain('problem');
    for (const page of ['event?id=x', 'events', 'tail', 'conflicts', 'diff', 'diff?a=1&b=2'])
      expect((await visitor.get(page)).status, page).to.equal(503);
    expect(seen(await textOf(visitor, 'workers'))).to.match(/Drains problem The journal cannot/);
  });
});

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>';
const INERT = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "'-alert(1)-'",
  '</pre></textarea><script>alert(1)</script>',
  '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><svg>&b;</svg>',
  SVG,
];

describe('what an event brings into a page', () => {
  it('is text, wherever it stands: id, type, project, bytes, an answer, a name', async () => {
    const { visitor, redrain, receiver } = await givenObservatory({ allowWrites: true });
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) => ({ kind: 'rejected', reason: `no to ${eventId} ${SVG}` }));
    await redrain.captureMany(
      INERT.map((text, i) => ({
        event_id: `${i}${text}`,
        event_type: text,
        project_uuid: text,
        word: text,
      })),
    );
    await redrain.drain();
    const pages = [
      '',
      'events',
      'tail',
      'target?id=1',
      `events?type=${encodeURIComponent(SVG)}&cause=${encodeURIComponent(SVG)}&project=${encodeURIComponent(SVG)}`,
      `plan?do=retry&target=1&type=${encodeURIComponent(SVG)}`,
      `event?id=${encodeURIComponent(SVG)}`,
      ...INERT.map((text, i) => `event?id=${encodeURIComponent(`${i}${text}`)}&show=bytes`),
    ];
    for (const page of pages) {
      const { text } = await visitor.get(page);
      const ours = /<script src="\/assets\/live\.js" defer><\/script>/g;
      expect(text.replaceAll(ours, ''), page).to.not.match(
        /<script|<img|onerror=[^&]*>|<svg[^>]* on/i,
      );
      expect(text, page).to.not.contain('<!ENTITY');
    }
  });

  it('can turn neither the direction of a page nor hide in it', async () => {
    const { visitor, redrain } = await givenObservatory();
    const event_id = 'a\u202eb\u200bc';
    await redrain.captureMany([{ event_id, event_type: 'שלום'.repeat(100) }]);
    for (const page of ['events', `event?id=${encodeURIComponent(event_id)}&show=bytes`]) {
      const { text } = await visitor.get(page);
      expect(text).to.not.match(/[\u202e\u200b]/);
      expect(text).to.contain('a\\u202eb\\u200bc');
      expect(text).to.match(/<bdi class="name[^"]*"/);
    }
  });

  it('spells out what cannot be seen, wherever it stands: answers, edges, jobs, addresses, conflicts', async () => {
    const { visitor, redrain, receiver, home } = await givenObservatory({ allowWrites: true });
    const odd = 'a\u202eb\u200bc';
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: `no ${odd}` }));
    await redrain.captureMany([
      { event_id: `e${odd}`, event_type: odd, project_uuid: odd, [odd]: odd },
      { event_id: `e${odd}`, event_type: odd, project_uuid: odd, [odd]: 'other' },
    ]);
    await redrain.drain();
    const app = new App({ home, env: {} });
    const { journal } = await app.stores();
    const request = edgeRequest({ home: `home ${odd}`, name: odd, host: odd, instance: odd });
    await journal.append(arrived([1, 3], request), 'capture');
    await journal.append(arrived([3], { ...request, request: 'another' }), 'capture');
    await app.close();
    const queues = await LitequeQueues.open(pathsOf(home).jobsDb);
    await queues.queue('mail').add(odd, { [odd]: odd }, { jobId: odd });
    const worker = queues.queue('mail').process(async () => {
      throw new UnrecoverableError(odd);
    });
    await new Promise<void>((failed) => queues.queue('mail').on('failed', () => failed()));
    await worker.close();
    await queues.close();
    const asked = encodeURIComponent(odd);
    for (const [page, status] of [
      ...PAGES.map((name) => [name, 200] as const),
      ['target?id=1', 200],
      [`events?type=${asked}&cause=${asked}&project=${asked}`, 200],
      [`event?id=e${asked}&show=bytes`, 200],
      ['conflict?id=1', 200],
      ['edge?id=1', 200],
      [`job?queue=mail&id=${asked}`, 200],
      [`jobs?queue=${asked}`, 200],
      [`plan?do=retry&target=1&type=${asked}&cause=${asked}`, 200],
      [`plan?do=pause&queue=${asked}`, 200],
      [`event?id=${asked}`, 404],
      [`events?since=${asked}`, 400],
      [`edge?id=no${asked}`, 404],
      [`target?id=${asked}`, 404],
      [`job?queue=${asked}&id=${asked}`, 404],
    ] as const) {
      // A field of a form sends back what it holds.
      const text = (await textOf(visitor, page, status)).replaceAll(/ value="[^"]*"/g, '');
      expect(/.{0,80}[\u202e\u200b]/.exec(text)?.[0], page).to.equal(undefined);
    }
    for (const page of ['', 'edges', 'edge?id=1', 'jobs', 'target?id=1'])
      expect(await textOf(visitor, page), page).to.contain('a\\u202eb\\u200bc');
  });

  it('leaves room for itself on its page: a name of hundreds of characters is cut where it stands above', async () => {
    const { visitor, home } = await givenObservatory();
    const long = 'שלום'.repeat(125);
    const app = new App({ home, env: {} });
    const { journal } = await app.stores();
    const request = edgeRequest({ name: long });
    await journal.append(arrived([1, 3], request), 'capture');
    await journal.append(arrived([3], { ...request, request: 'another' }), 'capture');
    await app.close();
    const edge = await textOf(visitor, 'edge?id=1');
    expect(/<h1>(.*)<\/h1>/.exec(edge)?.[1])
      .to.match(/^Edge [שלום]+…$/)
      .and.to.have.length.below(100);
    expect(seen(edge), 'all of it stands below').to.contain(`Named ${long}`);
    const finding = /<li class="problem">.*<\/li>/.exec(await textOf(visitor, ''))?.[0] ?? '';
    expect(seen(finding)).to.match(
      /the edge [שלום]+…: its journal was restored .* edges redrain edges ack 1/,
    );
    expect(finding).to.contain('/edges"');
  });

  it('is shown in part where it is long, and says so', async () => {
    const { visitor, redrain } = await givenObservatory();
    await redrain.captureMany([{ event_id: 'long', event_type: 'T', text: 'x'.repeat(400_000) }]);
    const text = await textOf(visitor, 'event?id=long&show=bytes');
    expect(text.length).to.be.lessThan(300_000);
    expect(seen(text)).to.contain('The first 256.0 KiB of 400');
  });

  it('show the beginning of two large contents, and of what differs in them', async () => {
    const { visitor, redrain } = await givenObservatory();
    for (const levels of [100_000, 100_001]) {
      const x = `${'['.repeat(levels)}${']'.repeat(levels)}`;
      await redrain.capture(Buffer.from(`{"event_id":"e","event_type":"T","x":${x}}`));
    }
    const text = await textOf(visitor, 'conflict?id=1');
    expect(seen(text)).to.contain('The first 65,536 characters of 200,04');
    expect(text.length).to.be.lessThan(200_000);
  });
});

describe('secrets', () => {
  it('of headers, addresses, tokens and variables are on no page', async () => {
    const canary = 'CANARY7f3a';
    const { redrain, receiver, home } = await givenObservatory();
    await redrain.targets.add('hook', {
      url: `https://hook.test/in?key=${canary}&b=2#${canary}`,
      headers: { 'X-Api-Key': 'HOOK_KEY' },
      authEnv: 'HOOK_TOKEN',
    });
    await redrain.targets.use('hook');
    receiver.answer = (batch) => results(batch, () => ({ kind: 'transient', reason: 'later' }));
    await redrain.captureMany([{ event_id: 'e', event_type: 'T' }]);
    const env = { HOOK_KEY: canary, HOOK_TOKEN: canary };
    await redrain.drain({ to: 'hook' }).catch(() => undefined);
    const visitor = await visit((await observe(home, { env, allowWrites: true })).newLink());
    const pages = [
      'target?name=hook',
      'event?id=e',
      'plan?do=retry&target=hook',
      'events?target=hook',
    ];
    for (const page of [...PAGES, ...pages]) {
      const { text, headers } = await visitor.get(page);
      expect(text, page).to.not.contain(canary);
      expect(JSON.stringify(headers), page).to.not.contain(canary);
    }
    const target = seen(await textOf(visitor, 'target?name=hook'));
    expect(target).to.contain('X-Api-Key from HOOK_KEY').and.to.contain('key=…');
  });
});
