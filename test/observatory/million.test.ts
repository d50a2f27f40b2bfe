import { statSync } from 'node:fs';
import { request } from 'node:http';
import { expect } from 'chai';
import { closeAfterTest } from '../support/temporary-home.js';
import {
  CONFLICTS,
  describeLong,
  givenMillion,
  growthOf,
  MIB,
  SAMPLE_S,
  sizesWhileBusy,
} from './given-million.js';
import { pathsOf, type Visitor, visit } from './given-observatory.js';
import { workedMs } from './process-numbers.js';

const BROWSERS = 20;
/** Seconds of writing that browsers look at. */
const BUSY_S = 180;

/** Stands for the time at which half of the events were captured. */
const MIDDLE = 'MIDDLE';
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
  'events?until=30d',
  'events?until=30d&state=delivered',
  `events?since=${MIDDLE}`,
  'tail?until=30d',
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
  'plan?do=replay&target=1&since=30d',
  `plan?do=replay&target=1&since=${MIDDLE}`,
  `plan?do=replay&target=1&until=${MIDDLE}`,
  `plan?do=replay&target=1&since=${MIDDLE}&type=Type1`,
  'plan?do=replay&target=1&project=none',
  'plan?do=retry&target=1&cause=no',
  `plan?do=retry&target=1&cause=no&type=Rare&since=${MIDDLE}`,
  'diff?a=1&b=second',
  'diff?a=second&b=1',
  'jobs',
  'workers',
  'edges',
  'edge?id=1',
];

/** Milliseconds that one answer took. */
interface Took {
  /** Work of the process: what else the machine has to do makes it no longer. */
  readonly work: number;
  readonly wall: number;
}

/** The cheapest of three answers, each of another address: nothing of it was made before. */
async function cheapest(pid: number, visitor: Visitor, page: string): Promise<Took> {
  const times: Took[] = [];
  for (let i = 0; i < 3; i += 1) {
    const before = workedMs(pid);
    const since = performance.now();
    const { status } = await visitor.get(`${page}${page.includes('?') ? '&' : '?'}again=${i}`);
    times.push({ work: workedMs(pid) - before, wall: Math.round(performance.now() - since) });
    expect(status, page).to.equal(200);
  }
  const least = (of: keyof Took) => Math.min(...times.map((one) => one[of]));
  return { work: least('work'), wall: least('wall') };
}

const reported = (times: ReadonlyMap<string, Took>): string =>
  [...times].map(([page, { work, wall }]) => `${work} ms of work, ${wall} ms: /${page}`).join('\n');

/** A browser that reads everything it is told and keeps nothing. */
function watch({ port, base, cookie }: Visitor, page: string): void {
  const path = `${base}/live?page=${page}`;
  const sent = request({ host: '127.0.0.1', port, path, headers: { cookie } }, (response) =>
    response.on('error', () => undefined).resume(),
  );
  sent.on('error', () => undefined).end();
  closeAfterTest(() => sent.destroy());
}

describeLong('the observatory of a home with a million events', () => {
  it('answers each page in 200 ms, and stays small while 20 browsers look at a drain', async () => {
    const { cli, redrain } = await givenMillion();
    const open = cli.start(['open', '--no-browser', '--allow-writes', '--json']);
    await open.until(({ stdout }) => stdout.endsWith('\n'));
    const { url, pid } = JSON.parse(open.stdout) as { url: string; pid: number };
    const atLink = workedMs(pid);
    expect(atLink, 'milliseconds of work until the link').to.be.below(1_000);
    const visitor = await visit(url);
    const times = new Map<string, Took>();
    const middle = (await redrain.events({ events: ['e500000'] })).events[0]?.captured_at ?? '';
    for (const page of PAGES)
      times.set(page, await cheapest(pid, visitor, page.replace(MIDDLE, middle)));
    process.stderr.write(`\n${atLink} ms of work until the link\n${reported(times)}\n`);
    const slow = [...times].filter(([, { work }]) => work >= 200);
    expect(slow, 'milliseconds of work').to.deep.equal([]);
    const pages = ['', 'tail', 'workers', 'jobs', 'target&query=id%3D1', 'edges', 'conflicts'];
    for (let i = 0; i < BROWSERS; i += 1) watch(visitor, pages[i % pages.length] ?? '');
    const sizes = await sizesWhileBusy(pid, redrain, BUSY_S);
    const said = `MiB after each ${SAMPLE_S} s: ${sizes.join(' ')}`;
    process.stderr.write(`\n${said}\n`);
    expect(Math.max(...sizes), said).to.be.lessThan(300);
    expect(growthOf(sizes), said).to.be.lessThan(8);
    // A reader that kept a snapshot would not let the log begin again.
    const log = statSync(`${pathsOf(cli.home).journalDb}-wal`).size;
    expect(log / MIB).to.be.lessThan(64);
  });
});
