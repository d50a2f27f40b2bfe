import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { anotherBrowser, describeInBrowser } from './given-browser.js';

interface Shop {
  readonly PICTURES: readonly {
    readonly name: string;
    readonly path: string;
    readonly colorScheme: 'light' | 'dark';
  }[];
  readonly READ: string;
  readonly READ_IN_PICTURES: string;
  withShop(work: (url: string) => Promise<void>): Promise<void>;
}

/** The script that the pictures are made with. */
const SHOP = new URL('../../../scripts/shop.mjs', import.meta.url).href;

describeInBrowser('the pictures of the observatory', () => {
  it('show what its pages say today: `node scripts/pictures.mjs` makes them again', async () => {
    const { PICTURES, READ, READ_IN_PICTURES, withShop } = (await import(SHOP)) as Shop;
    const wereRead = JSON.parse(readFileSync(READ_IN_PICTURES, 'utf8')) as Record<string, string[]>;
    const context = await anotherBrowser({ viewport: { width: 1180, height: 960 } });
    const page = await context.newPage();
    await withShop(async (url) => {
      await page.goto(url);
      const base = page.url();
      for (const { name, path } of PICTURES) {
        await page.goto(`${base}${path}`);
        expect(await page.evaluate(READ), name).to.deep.equal(wereRead[name]);
        expect(existsSync(join(dirname(READ_IN_PICTURES), `${name}.png`)), name).to.equal(true);
      }
    });
    expect(Object.keys(wereRead)).to.have.members(PICTURES.map(({ name }) => name));
  });
});
