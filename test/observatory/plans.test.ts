import { expect } from 'chai';
import { ACTIONS } from '../../src/observatory/writes/actions.js';
import { LitequeQueues } from '../../src/queue/liteque-queue.js';
import { results } from '../support/scripted-receiver.js';
import {
  type Answer,
  type GivenObservatory,
  givenObservatory,
  pathsOf,
} from './given-observatory.js';

/** The fields of the form on a page, as a browser would send them. */
function formOf({ text }: Answer): URLSearchParams {
  const fields = [...text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
  const form = new URLSearchParams();
  for (const [, name = '', value = ''] of fields) form.set(name, unescaped(value));
  return form;
}

/** Characters as they are, which a page spells out. */
const unescaped = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

const seen = ({ text }: Answer): string => text.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

/** At target 1 three events that failed for good, and one that was delivered. */
async function givenFailed(): Promise<GivenObservatory> {
  const given = await givenObservatory({ allowWrites: true });
  given.receiver.answer = (batch) =>
    results(batch, ({ eventId }) =>
      eventId === 'good' ? { kind: 'success' } : { kind: 'terminal_failed', reason: 'no' },
    );
  const ids = ['good', 'a', 'b', 'c'];
  await given.redrain.captureMany(ids.map((event_id) => ({ event_id, event_type: 'T' })));
  await given.redrain.drain();
  given.receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
  return given;
}

describe('a plan', () => {
  it('has its counts, changes nothing, and is applied while they hold', async () => {
    const { visitor, redrain } = await givenFailed();
    const plan = await visitor.get('plan?do=retry&target=1');
    expect(plan.status).to.equal(200);
    expect(plan.headers['referrer-policy']).to.equal('same-origin');
    expect(seen(plan)).to.contain('Make due now: 3 events').and.to.contain('of them terminal 3');
    expect(await redrain.drain()).to.include({ delivered: 0 });
    const done = await visitor.post('apply', formOf(plan));
    expect(done.status).to.equal(200);
    expect(seen(done)).to.contain('3 events are due now');
    expect((await redrain.drain()).delivered).to.equal(3);
  });

  it('is refused when the counts moved, with the plan as it is now, which can be applied', async () => {
    const { visitor, redrain } = await givenFailed();
    const plan = await visitor.get('plan?do=retry&target=1');
    await redrain.retry({ target: '1', events: ['a'] });
    await redrain.drain();
    const refused = await visitor.post('apply', formOf(plan));
    expect(refused.status).to.equal(409);
    expect(seen(refused)).to.contain('nothing was done').and.to.contain('Make due now: 2 events');
    expect((await redrain.drain()).delivered).to.equal(0);
    const done = await visitor.post('apply', formOf(refused));
    expect(seen(done)).to.contain('2 events are due now');
    expect((await redrain.drain()).delivered).to.equal(2);
    expect((await visitor.post('apply', formOf(refused))).status, 'the same form again').to.equal(
      409,
    );
  });

  it('is refused when anything of it was changed on the way, or it is of another start', async () => {
    const { visitor, redrain } = await givenFailed();
    const plan = formOf(await visitor.get('plan?do=retry&target=1&type=T'));
    const other = await givenFailed();
    const changes: Record<string, string>[] = [
      { type: 'U' },
      { event: 'a' },
      { seal: '' },
      { seal: 'x'.repeat(43) },
      { do: 'replay' },
      { seal: formOf(await other.visitor.get('plan?do=retry&target=1&type=T')).get('seal') ?? '' },
    ];
    for (const change of changes) {
      const form = new URLSearchParams({ ...Object.fromEntries(plan), ...change });
      const { status } = await visitor.post('apply', form);
      expect(status, JSON.stringify(change)).to.equal(409);
    }
    expect((await redrain.drain()).delivered).to.equal(0);
    expect((await visitor.post('apply', plan)).status).to.equal(200);
  });

  it('means the same events later, although its time was said from the moment it was made', async () => {
    const { visitor, clock } = await givenFailed();
    const plan = formOf(await visitor.get('plan?do=retry&target=1&since=10m'));
    expect(plan.get('since')).to.equal(new Date(clock.now - 600_000).toISOString());
    clock.now += 3_600_000;
    expect((await visitor.post('apply', plan)).status).to.equal(200);
  });

  it('is narrowed to one cause, which stays text, from beside that cause', async () => {
    const { visitor, redrain, receiver } = await givenObservatory({ allowWrites: true });
    const reason = `no "room" <script>alert('1')</script> & ${'ל'.repeat(150)}`;
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) => ({
        kind: 'terminal_failed',
        reason: eventId === 'a' ? reason : 'no',
      }));
    await redrain.captureMany(['a', 'b'].map((event_id) => ({ event_id, event_type: 'T' })));
    await redrain.drain();
    const page = await visitor.get('target?id=1');
    const links = [...page.text.matchAll(/href="\/[\w-]+\/(plan\?do=retry[^"]*cause=[^"]*)"/g)];
    expect(links).to.have.length(2);
    const link = links.map(([, to]) => unescaped(to ?? '')).find((to) => to.includes('room'));
    const plan = await visitor.get(link ?? '');
    expect(seen(plan)).to.contain('Make due now: 1 event').and.to.contain('cause no &quot;room');
    expect(plan.text).to.not.contain('<script>alert');
    const none = await visitor.get('plan?do=retry&target=1&cause=nobody');
    expect(seen(none)).to.contain('There is nothing to apply');
    const form = formOf(plan);
    const swapped = new URLSearchParams({ ...Object.fromEntries(form), cause: 'no' });
    expect((await visitor.post('apply', swapped)).status, 'sealed with its cause').to.equal(409);
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    expect(seen(await visitor.post('apply', form))).to.contain('1 event is due now');
    await redrain.drain();
    expect(seen(await visitor.get('event?id=a'))).to.contain('delivered');
    expect(seen(await visitor.get('event?id=b'))).to.match(/b .* terminal .* no/);
    const events = await visitor.get('events?target=1&state=terminal&cause=no');
    expect(events.text).to.contain('/plan?do=retry&amp;target=1&amp;cause=no"');
  });

  it('of a replay marks what was delivered', async () => {
    const { visitor, redrain } = await givenFailed();
    const plan = await visitor.get('plan?do=replay&target=1&event=good');
    expect(seen(plan)).to.contain('Deliver again: 1 event');
    expect(seen(await visitor.post('apply', formOf(plan)))).to.contain('1 event is marked');
    expect((await redrain.drain()).delivered).to.equal(1);
    const nothing = await visitor.get('plan?do=replay&target=1&event=a');
    expect(seen(nothing)).to.contain('There is nothing to apply');
    expect([...formOf(nothing)]).to.deep.equal([]);
  });

  it('decides a conflict', async () => {
    const { visitor, redrain } = await givenFailed();
    await redrain.captureMany([{ event_id: 'a', event_type: 'T', other: true }]);
    expect(seen(await visitor.get('conflict?id=1'))).to.contain('Plan to keep the incoming one');
    const plan = await visitor.get('plan?do=resolve&conflict=1&keep=incoming');
    expect(seen(plan)).to.contain('keep incoming').and.to.contain('revision in force afterwards 2');
    expect(seen(await visitor.post('apply', formOf(plan)))).to.contain('revision 2 is in force');
    expect((await visitor.post('apply', formOf(plan))).status).to.equal(409);
    expect(seen(await visitor.get('conflict?id=1'))).to.contain('kept incoming');
  });

  it('pauses a queue and lets it go on', async () => {
    const { visitor, home } = await givenFailed();
    const queues = await LitequeQueues.open(pathsOf(home).jobsDb);
    await queues.queue('dispatch').add('drain', {});
    for (const [kind, isPaused] of [
      ['pause', true],
      ['resume', false],
    ] as const) {
      const plan = await visitor.get(`plan?do=${kind}&queue=dispatch`);
      expect(seen(plan)).to.contain('Apply this plan');
      const done = await visitor.post('apply', formOf(plan));
      expect(seen(done)).to.contain(`The queue dispatch is ${kind}d`);
      expect(await queues.queue('dispatch').isPaused()).to.equal(isPaused);
      expect((await visitor.post('apply', formOf(plan))).status).to.equal(409);
    }
    expect(seen(await visitor.get('plan?do=pause&queue=none'))).to.contain('nothing to apply');
    await queues.close();
  });

  it('acknowledges a reset signal', async () => {
    const { visitor } = await givenFailed();
    expect(seen(await visitor.get('plan?do=ack&target=1'))).to.contain('There is nothing to apply');
  });

  it('is of nothing that destroys, moves or reveals', async () => {
    const { visitor } = await givenFailed();
    expect([...ACTIONS]).to.have.members(['retry', 'replay', 'ack', 'resolve', 'pause', 'resume']);
    for (const action of [
      'gc',
      'archive',
      'redact',
      'login',
      'config',
      'retire',
      'constructor',
      '',
    ])
      expect((await visitor.get(`plan?do=${action}&target=1`)).status, action).to.equal(404);
  });

  it('cannot be made or applied without --allow-writes, and no page offers one', async () => {
    const writing = await givenFailed();
    const form = formOf(await writing.visitor.get('plan?do=retry&target=1'));
    const { visitor, redrain } = await givenObservatory();
    await redrain.captureMany([{ event_id: 'a', event_type: 'T' }]);
    await redrain.drain();
    expect((await visitor.get('plan?do=replay&target=1')).status).to.equal(403);
    expect((await visitor.post('apply', form)).status).to.equal(403);
    for (const page of ['', 'target?id=1', 'events?state=delivered', 'event?id=a', 'jobs'])
      expect((await visitor.get(page)).text, page).to.not.contain('/plan?');
  });
});
