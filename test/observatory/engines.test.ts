import { expect } from 'chai';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { givenEdges } from '../support/arrivals.js';
import { postgresJournals } from '../support/postgres-journal.js';
import { results } from '../support/scripted-receiver.js';
import { type GivenObservatory, givenObservatory, pathsOf } from './given-observatory.js';
import { partNamed, watch } from './watched-page.js';

/** Pages, and what they look for among events. */
const PAGES = [
  '',
  '?range=all',
  'target?id=1',
  'target?name=second',
  'events',
  'events?target=1&state=rejected',
  'events?target=1&state=terminal&cause=gone',
  'events?target=second&state=unsent',
  'events?type=OrderPaid&before=30',
  'events?since=1h',
  'event?id=e3',
  'event?id=e4&show=bytes',
  'event?id=home-a-1',
  'tail',
  'conflicts',
  'conflict?id=1',
  'diff?a=1&b=second',
  'diff?a=second&b=1&after=10',
  'jobs',
  'jobs?queue=gc&state=waiting',
  'job?queue=dispatch&id=1',
  'workers',
  'edges',
  'edge?id=1',
  'plan?do=retry&target=1',
  'plan?do=retry&target=1&cause=gone',
  'plan?do=retry&target=1&since=2h',
  'plan?do=replay&target=1&type=OrderPaid',
  'plan?do=resolve&conflict=1&keep=incoming',
  'plan?do=ack&target=1',
  'plan?do=pause&queue=gc',
];
const UNKNOWN = [
  'event?id=none',
  'target?id=9',
  'conflict?id=9',
  'edge?id=9',
  'job?queue=gc&id=none',
];

/** A home with a bit of everything, the same on each engine. */
async function givenHome(env: NodeJS.ProcessEnv): Promise<GivenObservatory> {
  const given = await givenObservatory({ env, allowWrites: true });
  const { redrain, receiver, clock, home } = given;
  const types = ['OrderCreated', 'OrderPaid', 'ShipmentSent'];
  receiver.answer = (batch) =>
    results(batch, ({ eventId }) => {
      const n = Number(eventId.slice(1));
      if (n % 5 === 3) return { kind: 'rejected', reason: 'no room' };
      if (n % 7 === 5) return { kind: 'terminal_failed', reason: 'gone' };
      return n % 11 === 1 ? { kind: 'transient', reason: 'later' } : { kind: 'success' };
    });
  for (let i = 0; i < 60; i += 1) {
    await redrain.captureMany([{ event_id: `e${i}`, event_type: types[i % 3], n: i }]);
    clock.now += 30_000;
  }
  await redrain.drain();
  clock.now += 90_000;
  await redrain.targets.add('second', { url: 'http://b.test/in' });
  receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
  await redrain.drain({ to: 'second' });
  await redrain.captureMany([{ event_id: 'e2', event_type: 'ShipmentSent', n: 'another' }]);
  await redrain.captureMany([{ event_id: 'late', event_type: 'OrderPaid' }]);
  await givenEdges(home, env);
  const queues = await LitequeQueues.open(pathsOf(home).jobsDb, {
    clock: { now: () => clock.now },
  });
  await queues.queue('dispatch').add('drain', { targetId: 1 });
  await queues.queue('dispatch').upsertJobScheduler('sweep', { every: 60_000 }, { name: 'sweep' });
  await queues.queue('gc').add('gc', {});
  await queues.close();
  return given;
}

/** A page, without what is of one start, one home, or the pace of this machine. */
function comparable(text: string, { visitor, home }: GivenObservatory): string {
  return text
    .replaceAll(visitor.base, '/base')
    .replaceAll(`127.0.0.1:${visitor.port}`, 'host')
    .replaceAll(home, '/home')
    .replaceAll(/name="seal" value="[^"]*"/g, 'seal')
    .replaceAll(/data-hash="[^"]*"/g, 'hash')
    .replaceAll(/\b[\d.]+ (?:ms|s)\b/g, 'a moment')
    .replaceAll(/ points="[^"]*"| d="M[^"]*"/g, ' drawn');
}

/** The form on a page, as a browser sends it. */
function formOf(text: string): URLSearchParams {
  const form = new URLSearchParams();
  for (const [, name = '', value = ''] of text.matchAll(
    /type="hidden" name="(\w+)" value="([^"]*)"/g,
  ))
    form.set(name, value.replaceAll('&amp;', '&'));
  return form;
}

describe('the observatory of a home whose journal is in PostgreSQL', () => {
  const journals = postgresJournals();

  it('shows what it shows of one in SQLite, page by page', async () => {
    const local = await givenHome({});
    const served = await givenHome({ REDRAIN_STORAGE_URL: journals.forTest() });
    for (const page of [...PAGES, ...UNKNOWN]) {
      const [one, other] = [await local.visitor.get(page), await served.visitor.get(page)];
      expect([one.status, other.status], page).to.deep.equal(
        UNKNOWN.includes(page) ? [404, 404] : [200, 200],
      );
      expect(comparable(other.text, served), page).to.equal(comparable(one.text, local));
    }
  });

  it('tells open pages what changed', async () => {
    const { visitor, redrain } = await givenHome({ REDRAIN_STORAGE_URL: journals.forTest() });
    const home = await watch(visitor, '');
    const tail = await watch(visitor, 'tail');
    await redrain.captureMany([{ event_id: 'just-now', event_type: 'OrderPaid' }]);
    await tail.until(partNamed('events', 'just-now'));
    await redrain.targets.add('third', { url: 'http://c.test/in' });
    await home.until(partNamed('targets', 'third'));
  });

  it('applies plans, and refuses those whose counts moved', async () => {
    const { visitor, redrain, receiver } = await givenHome({
      REDRAIN_STORAGE_URL: journals.forTest(),
    });
    const post = async (page: string) => {
      const { text } = await visitor.get(page);
      return visitor.post('apply', formOf(text));
    };
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    const early = formOf((await visitor.get('plan?do=retry&target=1')).text);
    expect((await post('plan?do=retry&target=1&event=e3')).text).to.contain('1 event is due now');
    expect((await redrain.drain({ to: '1' })).delivered).to.be.greaterThan(0);
    const refused = await visitor.post('apply', early);
    expect(refused.status).to.equal(409);
    expect(refused.text).to.contain('nothing was done');
    expect((await visitor.post('apply', formOf(refused.text))).text).to.contain('are due now');
    expect((await post('plan?do=replay&target=1&event=e0')).text).to.contain('1 event is marked');
    const decided = await post('plan?do=resolve&conflict=1&keep=incoming');
    expect(decided.text).to.contain('revision 2 is in force');
    expect((await visitor.get('conflict?id=1')).text).to.contain('kept incoming');
  });
});
