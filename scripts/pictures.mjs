// Makes the pictures of docs/observatory.md from a real run: a home of its own, two
// receivers, events that come in and are sent, and Chromium that looks at the pages.
// Needs `npm run build`, `node scripts/bundle.mjs` and Chromium.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startServer } from '../dist/src/receivers/stub/server.js';
import { openRedrain } from '../lib/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pictures = join(root, 'docs', 'pictures');
const executablePath = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
].find((path) => path && existsSync(path));
if (executablePath === undefined) throw new Error('there is no Chromium: CHROMIUM=PATH names one');

const directory = mkdtempSync(join(tmpdir(), 'redrain-pictures-'));
const home = join(directory, 'shop');
const billing = await startServer({
  db: ':memory:',
  misbehave: { rejectTypes: ['PaymentFailed'] },
});
const search = await startServer({ db: ':memory:', misbehave: { latencyMs: 40 } });
const env = { HOME: directory, PATH: process.env.PATH };

/** Fifteen minutes of a shop: orders, payments and shipments, more of them towards the end. */
async function fill() {
  const start = Date.now() - 14 * 60_000;
  let now = start;
  let since = performance.now();
  let made = 0;
  // Each step begins at its time of the shop, and takes as long as it takes.
  const clock = () => Math.round(now + performance.now() - since);
  const redrain = await openRedrain({ home, env, now: clock });
  await redrain.targets.add('billing', { url: `${billing.url}/in` });
  await redrain.targets.add('search', { url: `${search.url}/events` });
  for (let step = 0; now < Date.now() - 15_000; step += 1) {
    const size = Math.round(20 + step * 3 + 25 * Math.sin(step / 3));
    await redrain.captureMany(Array.from({ length: size }, () => order(made++, now)));
    if (step % 2 === 1) await redrain.drain();
    if (step % 3 === 2) await redrain.drain({ to: 'search' });
    now += 15_000;
    since = performance.now();
  }
  await redrain.close();
}

const TYPES = ['OrderCreated', 'OrderPaid', 'ShipmentSent', 'OrderCreated', 'PaymentFailed'];

const order = (i, at) => ({
  event_id: `ord-${String(i).padStart(6, '0')}`,
  event_type: i % 17 === 0 ? TYPES[4] : TYPES[i % 3],
  timestamp: new Date(at).toISOString(),
  amount: 990 + ((i * 37) % 400) * 10,
  currency: 'EUR',
  customer: { id: 1000 + (i % 613), country: ['FR', 'DE', 'PL'][i % 3] },
});

async function opened() {
  const cli = join(root, 'lib', 'cli.cjs');
  const child = spawn(process.execPath, [cli, 'open', '--no-browser', '--home', home, '--json'], {
    env,
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, url: JSON.parse(line).url };
}

try {
  await fill();
  const { child, url } = await opened();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1180, height: 960 } });
  await page.goto(url);
  const base = page.url();
  mkdirSync(pictures, { recursive: true });
  for (const [name, path, colorScheme] of [
    ['observatory-home', '', 'light'],
    ['observatory-target', 'target?name=billing', 'dark'],
    ['observatory-event', 'event?id=ord-004930', 'light'],
  ]) {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${base}${path}`);
    await delay(500);
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  }
  await browser.close();
  child.kill();
} finally {
  await Promise.all([billing.close(), search.close()]);
  rmSync(directory, { recursive: true, force: true });
}
