// What the pictures of the observatory show: a shop of its own with two receivers, events
// that come in and are sent, and the pages that are photographed. The test of the pictures
// (test/observatory/pictures.test.ts) makes the same scene again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../dist/src/receivers/stub/server.js';
import { openRedrain } from '../lib/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Each picture: the page, and the theme of its browser. */
export const PICTURES = [
  { name: 'observatory-home', path: '', colorScheme: 'light' },
  { name: 'observatory-target', path: 'target?name=billing', colorScheme: 'dark' },
  { name: 'observatory-event', path: 'event?id=ord-004930', colorScheme: 'light' },
];

/** What can be read in each picture, as it was when it was made: tells an old picture. */
export const READ_IN_PICTURES = join(root, 'docs', 'pictures', 'observatory.json');

/**
 * What is written on a page and is the same in each run: headings, menus, heads of tables, links,
 * buttons and states, each once. For the browser, as text.
 */
export const READ = `[...new Set([...document.querySelectorAll(
  'h1, h2, h3, nav a, th[scope="col"], dt, button, label, summary, figcaption, .badge, main a, .funnel li'
)].filter((one) => one.checkVisibility()).map((one) =>
  one.innerText.replaceAll(/[\\d,.]+/g, '#').replaceAll(/# (ms|s|min)\\b/g, '# ms').replaceAll(/\\s+/g, ' ').trim()
).filter((text) => text !== ''))]`;

/** Runs the shop and its observatory while `work` looks at them. */
export async function withShop(work) {
  const directory = mkdtempSync(join(tmpdir(), 'redrain-pictures-'));
  const home = join(directory, 'shop');
  const billing = await startServer({
    db: ':memory:',
    misbehave: { rejectTypes: ['PaymentFailed'] },
  });
  const search = await startServer({ db: ':memory:', misbehave: { latencyMs: 40 } });
  const env = { HOME: directory, PATH: process.env.PATH };
  try {
    await fill({ home, env, billing, search });
    const { child, url } = await opened(home, env);
    try {
      await work(url);
    } finally {
      child.kill();
    }
  } finally {
    await Promise.all([billing.close(), search.close()]);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Fifteen minutes of a shop: orders, payments and shipments, more of them towards the end. */
async function fill({ home, env, billing, search }) {
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

async function opened(home, env) {
  const cli = join(root, 'lib', 'cli.cjs');
  const child = spawn(process.execPath, [cli, 'open', '--no-browser', '--home', home, '--json'], {
    env,
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, url: JSON.parse(line).url };
}
