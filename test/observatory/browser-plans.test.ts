import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { openRedrain } from '../../src/index.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { startServer } from '../../src/receivers/stub/server.js';
import { closeAfterTest, makeTheirs, temporaryHome } from '../support/temporary-home.js';
import { anotherBrowser, describeInBrowser, troublesOf } from './given-browser.js';
import { observe, pathsOf } from './given-observatory.js';

/** Opens the pages of a home in which plans can be applied. */
async function opened(home: string, env: NodeJS.ProcessEnv = {}): Promise<Page> {
  const observatory = await observe(home, { env, allowWrites: true });
  const page = await (await anotherBrowser()).newPage();
  await page.goto(observatory.newLink());
  return page;
}

const main = (page: Page): Promise<string> => page.locator('main').innerText();
const follow = (page: Page, name: RegExp): Promise<void> =>
  page.getByRole('link', { name }).first().click();

/** Looks at a plan before it is applied. */
async function apply(page: Page, says: string): Promise<void> {
  await page.getByRole('button', { name: 'Apply this plan' }).waitFor();
  expect(await main(page)).to.contain(says);
  await page.getByRole('button', { name: 'Apply this plan' }).click();
  await page.getByRole('heading', { name: 'Done' }).waitFor();
}

describeInBrowser('a plan in a browser', () => {
  it('acknowledges that a server is another instance than it was', async () => {
    const home = temporaryHome();
    makeTheirs(home);
    const metadata = { serverInstanceId: 'first' };
    const server = await startServer({ db: ':memory:', health: { metadata } });
    closeAfterTest(() => server.close());
    const env = {
      SPEC_KITTY_ENABLE_SAAS_SYNC: '1',
      SPEC_KITTY_SAAS_URL: server.url,
      SPEC_KITTY_TOKEN: 'token',
      SPEC_KITTY_TEAM: 'blue',
    };
    const redrain = await openRedrain({ home, env });
    closeAfterTest(() => redrain.close());
    await redrain.captureMany([{ event_id: 'a', event_type: 'T' }]);
    await redrain.drain();
    metadata.serverInstanceId = 'second';
    await redrain.drain();
    const page = await opened(home, env);
    const troubles = troublesOf(page);
    await page.locator('.badge', { hasText: 'reset signal' }).waitFor();
    await page.locator('.card h3 a').click();
    await follow(page, /Plan to acknowledge/);
    await apply(page, '"second"');
    expect(await main(page)).to.contain('is acknowledged');
    await follow(page, /^Target$/);
    await page.locator('.funnel').waitFor();
    expect(await main(page)).to.not.contain('reset signal');
    expect((await redrain.status()).delivery_targets).to.have.nested.property(
      'current.reset_signal',
      null,
    );
    expect(troubles).to.deep.equal([]);
  });

  it('decides a conflict, with both contents seen side by side', async () => {
    const home = temporaryHome();
    const redrain = await openRedrain({ home, env: {} });
    closeAfterTest(() => redrain.close());
    await redrain.captureMany([{ event_id: 'a', event_type: 'T', word: 'old' }]);
    await redrain.captureMany([{ event_id: 'a', event_type: 'T', word: 'new' }]);
    const page = await opened(home);
    await follow(page, /^conflicts$/);
    await follow(page, /^1$/);
    expect(await main(page)).to.match(/word\s+"old"\s+"new"/);
    await follow(page, /Plan to keep the incoming one/);
    await apply(page, 'revision in force afterwards\t2');
    await follow(page, /^Conflict$/);
    await page.locator('.badge', { hasText: 'kept incoming' }).waitFor();
    expect(await main(page)).to.not.contain('Plan to keep');
    expect((await redrain.inspect('a'))?.revisions).to.have.length(2);
  });

  it('pauses a queue and lets it go on', async () => {
    const home = temporaryHome();
    const redrain = await openRedrain({ home, env: {} });
    closeAfterTest(() => redrain.close());
    await redrain.captureMany([{ event_id: 'a', event_type: 'T' }]);
    const queues = await LitequeQueues.open(pathsOf(home).jobsDb);
    closeAfterTest(() => queues.close());
    await queues.queue('dispatch').add('drain', {});
    const page = await opened(home);
    await follow(page, /^Jobs$/);
    await follow(page, /Plan to pause/);
    await apply(page, 'not paused');
    expect(await queues.queue('dispatch').isPaused()).to.equal(true);
    await follow(page, /^Queue$/);
    await page.locator('.badge', { hasText: 'paused' }).waitFor();
    await follow(page, /Plan to resume/);
    await apply(page, 'Resume the queue dispatch');
    expect(await queues.queue('dispatch').isPaused()).to.equal(false);
  });
});
