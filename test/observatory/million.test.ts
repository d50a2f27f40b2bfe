import { statSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { openRedrain, type Redrain } from '../../src/index.js';
import { givenEdges } from '../support/arrivals.js';
import { type Cli } from '../support/cli.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { pathsOf, type Visitor, visit } from './given-observatory.js';
import { residentBytes, workedMs } from './process-numbers.js';

const EVENTS = 1_000_000;
const GROUP = 10_000;
const BROWSERS = 20;
const MIB = 1024 * 1024;
const CONFLICTS = 300;
/** Seconds of writing that browsers look at, and between two looks at the memory. */
const BUSY_S = 180;
const SAMPLE_S = 5;

/** Every page, and lists that find next to nothing among all the events. */
const PAGES = [
  '',
  'target?id=1',
  'events',
  'events?state=rejected',
  'events?state=rejected&cause=no',
  'events?state=unsent',
  'events?state=purged',
  'events?state=terminal',
  'events?type=Rare',
  'events?type=none',
  'events?since=1h&until=30m',
  'events?before=500000',
  'event?id=e7',
  'tail',
  'conflicts',
  'conflicts?all=1',
  'conflict?id=1',
  `conflict?id=${CONFLICTS}`,
  'plan?do=resolve&conflict=1&keep=incoming',
  'plan?do=resolve&conflict=2&keep=journal',
  'plan?do=retry&target=1',
  'plan?do=replay&target=1',
  'plan?do=replay&target=1&type=Type1',
  'plan?do=replay&target=1&event=e5',
  'diff?a=1&b=second',
  'diff?a=second&b=1',
  'jobs',
  'workers',
  'edges',
  'edge?id=1',
];
/** Plans that depend on what no counter knows: each delivery is looked at. */
const SLOW_PLANS = ['plan?do=replay&target=1&since=30d', 'plan?do=retry&target=1&cause=no'];

async function givenMillion(): Promise<{ cli: Cli; redrain: Redrain }> {
  const cli = new WarmCli();
  const receiver = new ScriptedReceiver();
  receiver.answer = (batch) =>
    results(batch, ({ eventType }) =>
      eventType === 'Rare' ? { kind: 'rejected', reason: 'no' } : { kind: 'success' },
    );
  const redrain = await openRedrain({ home: cli.home, env: cli.env, receiver: () => receiver });
  closeAfterTest(() => redrain.close());
  await redrain.targets.add('first', { url: 'http://a.test/in' });
  await redrain.targets.add('second', { url: 'http://b.test/in' });
  for (let i = 0; i < EVENTS; i += GROUP) {
    const group = Array.from({ length: GROUP }, (_, k) => ({
      event_id: `e${i + k}`,
      event_type: (i + k) % 100_000 === 7 ? 'Rare' : `Type${(i + k) % 4}`,
    }));
    await redrain.captureMany(group);
  }
  await redrain.drain();
  await redrain.drain({ to: 'second' });
  await redrain.captureMany(
    Array.from({ length: CONFLICTS }, (_, i) => ({
      event_id: `e${i * 3_000 + 5}`,
      event_type: 'Type1',
      word: 'another',
    })),
  );
  await givenEdges(cli.home);
  return { cli, redrain };
}

/** Milliseconds of work of the cheapest of three answers, each of another address: nothing of it was made before. */
async function cheapest(pid: number, visitor: Visitor, page: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const before = workedMs(pid);
    const { status } = await visitor.get(`${page}${page.includes('?') ? '&' : '?'}again=${i}`);
    times.push(workedMs(pid) - before);
    expect(status, page).to.equal(200);
  }
  return Math.min(...times);
}

/** A browser that reads everything it is told and keeps nothing. */
function watch({ port, base, cookie }: Visitor, page: string): void {
  const path = `${base}/live?page=${page}`;
  const sent = request({ host: '127.0.0.1', port, path, headers: { cookie } }, (response) =>
    response.on('error', () => undefined).resume(),
  );
  sent.on('error', () => undefined).end();
  closeAfterTest(() => sent.destroy());
}

/** MiB that the process holds after each stretch of captures and drains. */
async function sizesWhileBusy(pid: number, redrain: Redrain): Promise<number[]> {
  const sizes: number[] = [];
  for (const end = Date.now() + BUSY_S * 1_000; Date.now() < end; ) {
    const until = Date.now() + SAMPLE_S * 1_000;
    for (let i = 0; Date.now() < until; i += 1) {
      await redrain.captureMany([{ event_id: `${until}-${i}`, event_type: 'Type1' }]);
      if (i % 20 === 0) await redrain.drain();
      await delay(5);
    }
    sizes.push(Math.round(residentBytes(pid) / MIB));
  }
  return sizes;
}

/** How much larger the last third is than the one before: garbage makes each of them go up and down. */
function growthOf(sizes: readonly number[]): number {
  const third = Math.floor(sizes.length / 3);
  const mean = (some: readonly number[]) => some.reduce((sum, n) => sum + n, 0) / some.length;
  return mean(sizes.slice(-third)) - mean(sizes.slice(third, 2 * third));
}

const describeLong = process.env.REDRAIN_TEST_LONG === '1' ? describe : describe.skip;

describeLong('the observatory of a home with a million events', () => {
  it('answers each page in 200 ms, and stays small while 20 browsers look at a drain', async () => {
    const { cli, redrain } = await givenMillion();
    const open = cli.start(['open', '--no-browser', '--allow-writes', '--json']);
    await open.until(({ stdout }) => stdout.endsWith('\n'));
    const { url, pid } = JSON.parse(open.stdout) as { url: string; pid: number };
    const visitor = await visit(url);
    const times = new Map<string, number>();
    for (const page of PAGES) times.set(page, await cheapest(pid, visitor, page));
    const slow = [...times].filter(([, ms]) => ms >= 200);
    expect(slow, 'milliseconds of work').to.deep.equal([]);
    for (const plan of SLOW_PLANS) {
      const planned = visitor.get(plan).then(({ status }) => [plan, status]);
      // While it counts, it keeps no page waiting.
      const other = visitor.get('workers').then(({ status }) => ['', status]);
      expect(await Promise.race([planned, other]), plan).to.deep.equal(['', 200]);
      expect(await planned).to.deep.equal([plan, 200]);
      await other;
    }
    const pages = ['', 'tail', 'workers', 'jobs', 'target&query=id%3D1', 'edges', 'conflicts'];
    for (let i = 0; i < BROWSERS; i += 1) watch(visitor, pages[i % pages.length] ?? '');
    const sizes = await sizesWhileBusy(pid, redrain);
    const said = `MiB after each ${SAMPLE_S} s: ${sizes.join(' ')}`;
    process.stderr.write(`\n${said}\nms of work: ${JSON.stringify([...times])}\n`);
    expect(Math.max(...sizes), said).to.be.lessThan(300);
    expect(growthOf(sizes), said).to.be.lessThan(8);
    // A reader that kept a snapshot would not let the log begin again.
    const log = statSync(`${pathsOf(cli.home).journalDb}-wal`).size;
    expect(log / MIB).to.be.lessThan(64);
  });
});
