import { expect } from 'chai';
import type { App } from '../../src/app/app.js';
import { Redrain } from '../../src/index.js';
import { bytesRead, countsReads } from '../support/bytes-read.js';
import { connectionOf } from '../support/core.js';
import { Machine } from '../support/machine.js';
import { longScans } from '../support/query-plans.js';
import { rounds } from '../support/rounds.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { StatementWatch } from '../support/statement-watch.js';

const BATCH = 100;
/** Events of one drain; history grows by a batch with every post. */
const DRAINED = rounds(3_000, 50_000);
/** Journals whose status is compared: the second is what a heavy user has. */
const [SMALL, LARGE] = [1_000, rounds(20_000, 1_000_000)];

interface Cost {
  readonly executions: number;
  readonly rows: number;
  readonly bytes: number;
}

function* envelopes(count: number): Generator<Record<string, unknown>> {
  for (let i = 0; i < count; i++)
    yield { event_id: `e${i}`, event_type: 'WPStatusChanged', text: 'x'.repeat(300) };
}

async function givenCaptured(
  count: number,
): Promise<{ app: App; redrain: Redrain; receiver: ScriptedReceiver }> {
  const receiver = new ScriptedReceiver();
  const app = new Machine().sendTo('http://a.test/in').app({ receiver: () => receiver });
  const redrain = Redrain.on(app);
  await redrain.captureMany(envelopes(count));
  return { app, redrain, receiver };
}

/** So little room that a page read before has to be read again. */
async function forgetPages(app: App): Promise<void> {
  await connectionOf(await app.stores()).maintain((db) => db.pragma('cache_size = 20'));
}

/** What each batch costs from one post to the next: a settlement and a claim. */
async function costOfBatches(watch: StatementWatch): Promise<{ app: App; costs: Cost[] }> {
  const { app, redrain, receiver } = await givenCaptured(DRAINED);
  await forgetPages(app);
  receiver.limits = { maxEvents: BATCH, maxBytes: 1_000_000 };
  const marks: Cost[] = [];
  receiver.answer = (batch) => {
    marks.push({ ...watch.total, bytes: countsReads ? bytesRead() : 0 });
    return results(batch, () => ({ kind: 'success' }));
  };
  expect(await redrain.drain()).to.include({ delivered: DRAINED, posts: DRAINED / BATCH });
  const costs = marks.slice(1).map((mark, i) => difference(mark, marks[i] as Cost));
  return { app, costs };
}

const difference = (after: Cost, before: Cost): Cost => ({
  executions: after.executions - before.executions,
  rows: after.rows - before.rows,
  bytes: after.bytes - before.bytes,
});

const mean = (costs: readonly Cost[], of: keyof Cost): number =>
  costs.reduce((sum, cost) => sum + cost[of], 0) / costs.length;

async function statusOf(count: number, watch: StatementWatch): Promise<{ app: App; cost: Cost }> {
  const { app, redrain } = await givenCaptured(count);
  await redrain.drain({ limit: count - BATCH });
  await redrain.status();
  const before = { ...watch.total, bytes: countsReads ? bytesRead() : 0 };
  const { event_journal } = await redrain.status();
  const after = { ...watch.total, bytes: countsReads ? bytesRead() : 0 };
  expect(event_journal).to.include({ retained_event_count: count });
  return { app, cost: difference(after, before) };
}

describe('incident 23: draining 50,000 events took quadratic time, and status read a million', () => {
  let watch: StatementWatch;
  beforeEach(() => {
    watch = new StatementWatch();
    watch.start();
  });
  afterEach(() => watch.stop());

  it(`the last of ${DRAINED / BATCH} batches costs what the first ones cost`, async () => {
    const { app, costs } = await costOfBatches(watch);
    const quarter = Math.floor(costs.length / 4);
    const [early, late] = [costs.slice(0, quarter), costs.slice(-quarter)];
    for (const of of ['executions', 'rows'] as const)
      expect(mean(late, of), of).to.be.at.most(mean(early, of) * 1.1);
    if (countsReads) expect(mean(late, 'bytes'), 'bytes').to.be.at.most(mean(early, 'bytes') * 1.5);
    expect(mean(late, 'rows'), 'rows that come back').to.be.at.most(4 * BATCH);
    await assertNoScans(app, watch);
  });

  it(`status of ${LARGE} events costs what it costs for ${SMALL}`, async () => {
    const small = await statusOf(SMALL, watch);
    const large = await statusOf(LARGE, watch);
    expect(large.cost.executions).to.equal(small.cost.executions);
    expect(large.cost.rows).to.equal(small.cost.rows);
    if (countsReads) expect(large.cost.bytes).to.be.at.most(small.cost.bytes * 1.5);
  });
});

/** Statements that walk along a table and stop at their first row, or do so only for broken keys. */
const HARMLESS = /ORDER BY seq LIMIT 1|^\s*INSERT INTO event/;

async function assertNoScans(app: App, { byText }: StatementWatch): Promise<void> {
  const db = connectionOf(await app.stores());
  const texts = [...byText.keys()].filter((sql) => /^\s*(SELECT|INSERT|UPDATE|DELETE)/i.test(sql));
  const scans = texts
    .filter((sql) => !HARMLESS.test(sql))
    .flatMap((sql) => longScans({ db }, sql).map((step) => `${step}: ${sql}`));
  expect(texts.length).to.be.above(10);
  expect(scans).to.deep.equal([]);
}
