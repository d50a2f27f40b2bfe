// Makes the pictures of docs/observatory.md from a real run, and writes down what can be read in them.
// Needs `npm run build`, `node scripts/bundle.mjs` and Chromium.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { PICTURES, READ, READ_IN_PICTURES, withShop } from './shop.mjs';

const pictures = dirname(READ_IN_PICTURES);
const executablePath = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
].find((path) => path && existsSync(path));
if (executablePath === undefined) throw new Error('there is no Chromium: CHROMIUM=PATH names one');

await withShop(async (url) => {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1180, height: 960 } });
  await page.goto(url);
  const base = page.url();
  mkdirSync(pictures, { recursive: true });
  const read = {};
  for (const { name, path, colorScheme } of PICTURES) {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${base}${path}`);
    await delay(500);
    await page.screenshot({ path: join(pictures, `${name}.png`) });
    read[name] = await page.evaluate(READ);
  }
  writeFileSync(READ_IN_PICTURES, `${JSON.stringify(read, null, 2)}\n`);
  await browser.close();
});
