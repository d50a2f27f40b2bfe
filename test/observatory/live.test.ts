import { existsSync, renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { givenObservatory, pathsOf } from './given-observatory.js';
import { partNamed, watch } from './watched-page.js';

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
    await observatory.close();
    expect(observatory.watchers, 'nothing goes on behind it').to.equal(0);
    await Promise.all(pages.map(({ ended }) => ended));
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
