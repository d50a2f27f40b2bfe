import { expect } from 'chai';
import { anotherBrowser, describeInBrowser, troublesOf } from './given-browser.js';
import {
  describeLong,
  givenMillion,
  growthOf,
  MIB,
  SAMPLE_S,
  sizesWhileBusy,
} from './given-million.js';
import { visit } from './given-observatory.js';
import { residentBytes } from './process-numbers.js';

const BROWSERS = 20;
const PAGES = ['', 'tail', 'target?id=1', 'workers', 'jobs', 'edges', 'conflicts', 'event?id=e7'];
const MINUTES = 5;
/** MiB by which the second half of the time may be above the first: garbage goes up and down. */
const MOST_GROWTH = 20;

describeLong('long:', () => {
  describeInBrowser('twenty browsers that look at a home with a million events', () => {
    it('make its observatory no larger, while events come in and are sent', async () => {
      const { cli, redrain } = await givenMillion();
      const open = cli.start(['open', '--no-browser', '--json']);
      await open.until(({ stdout }) => stdout.endsWith('\n'));
      const { url, pid } = JSON.parse(open.stdout) as { url: string; pid: number };
      const { base, cookie } = await visit(url);
      const [name = '', value = ''] = cookie.split('=');
      const { origin } = new URL(url);
      const troubles: string[][] = [];
      const tails = [];
      for (let i = 0; i < BROWSERS; i += 1) {
        const context = await anotherBrowser();
        await context.addCookies([{ name, value, domain: '127.0.0.1', path: base }]);
        const page = await context.newPage();
        troubles.push(troublesOf(page));
        const path = PAGES[i % PAGES.length] ?? '';
        await page.goto(`${origin}${base}/${path}`);
        await page.locator('#live[data-state="on"]').waitFor();
        if (path === 'tail') tails.push(page);
      }
      const start = Math.round(residentBytes(pid) / MIB);
      const sizes = await sizesWhileBusy(pid, redrain, MINUTES * 60);
      const at = (minutes: number) => sizes[(minutes * 60) / SAMPLE_S - 1];
      const said = `MiB at the start ${start}, after 2 minutes ${at(2)}, after ${MINUTES} minutes ${at(MINUTES)}; each ${SAMPLE_S} s: ${sizes.join(' ')}`;
      process.stderr.write(`\n${said}\n`);
      expect(growthOf(sizes), said).to.be.lessThan(MOST_GROWTH);
      expect(Math.max(...sizes), said).to.be.lessThan(300);
      // They were looked at all the time.
      await redrain.captureMany([{ event_id: 'the-last', event_type: 'T' }]);
      for (const page of tails)
        await page.locator('table.events', { hasText: 'the-last' }).waitFor();
      expect(troubles.flat()).to.deep.equal([]);
    });
  });
});
