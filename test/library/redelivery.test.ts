import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type OutboundEvent,
  RetiredTargetError,
  UnknownEventError,
  UnknownTargetNameError,
} from '../../src/index.js';
import { expectSumsToHold, readableStatus, termsOf } from '../reports/status-sections.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { results } from '../support/scripted-receiver.js';
import { stateOf } from '../support/temporary-home.js';
import { envelopes, externalTo, givenRedrain, writeConfig } from './given-redrain.js';

const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describeOnEachHome('replay after a reset of the server', (on) => {
  it('sends everything again; a rejection shows as such, the old success stays, the numbers add up', async () => {
    const { home, redrain, receiver, clock } = await givenRedrain({ on });
    receiver.greeting = { metadata: { serverInstanceId: 'first' } };
    await redrain.captureMany(envelopes(10));
    await redrain.drain();
    receiver.greeting = { metadata: { serverInstanceId: 'second' } };
    await redrain.captureMany(envelopes(1, 'later'));
    expect((await redrain.drain()).reset_signal).to.include({ after: 'second' });

    const dry = await redrain.replay({ target: '1', dryRun: true });
    expect(dry).to.include({ dry_run: true, target_id: 1, selected: 11 });
    expect(await redrain.drain({ dryRun: true })).to.include({ selected: 0 });
    expect(await redrain.replay({ target: '1' })).to.include({ selected: 11, dry_run: false });
    expect(await redrain.drain({ dryRun: true })).to.include({ selected: 11 });
    expect(await termsOf(redrain)).to.include({ delivered: 11, replay_marked: 11 });

    clock.now += 1_000;
    const isBad = ({ eventId }: OutboundEvent): boolean => eventId === 'e3';
    receiver.answer = (batch) =>
      results(batch, (event) =>
        isBad(event) ? { kind: 'rejected', reason: 'unknown project' } : { kind: 'success' },
      );
    expect(await redrain.drain()).to.include({ selected: 11, delivered: 10, rejected: 1 });

    expect(await termsOf(redrain)).to.include({ delivered: 10, rejected: 1, replay_marked: 0 });
    await expectSumsToHold(redrain, 11);
    const story = await redrain.inspect('e3');
    const [revision] = story?.revisions ?? [];
    expect(revision?.targets[0]?.delivery).to.include({ status: 'rejected', generation: 2 });
    expect(revision?.targets[0]?.history[0]).to.include({ status: 'success', generation: 1 });
    const told = story?.timeline.map(({ what }) => what).join('\n');
    expect(told).to.match(/captured[\s\S]*generation 1 ended with success[\s\S]*rejected/);
    expect(await on.rows(home, 'SELECT count(*) AS n FROM delivery_history')).to.deep.equal([
      { n: 11 },
    ]);
  });

  it('takes those only that were named', async () => {
    const { redrain, clock } = await givenRedrain({ on });
    await redrain.captureMany([
      { event_id: 'a', event_type: 'A', project_uuid: 'p' },
      { event_id: 'b', event_type: 'B', project_uuid: 'q' },
    ]);
    clock.now += 1_000;
    const between = clock.now;
    await redrain.captureMany([{ event_id: 'c', event_type: 'A' }]);
    await redrain.drain();
    const selected = async (options: Parameters<typeof redrain.replay>[0]): Promise<number> =>
      (await redrain.replay({ ...options, dryRun: true })).selected;
    expect(await selected({ type: 'A' })).to.equal(2);
    expect(await selected({ since: between })).to.equal(1);
    expect(await selected({ until: between })).to.equal(2);
    expect(await selected({ events: ['a', 'c'] })).to.equal(2);
    expect(await selected({ events: ['a', 'c'], type: 'B' })).to.equal(0);
    expect(await selected({ project: 'q' })).to.equal(1);
    expect(await selected({ project: 'none' })).to.equal(1);
    expect(await selected({ project: 'nobody' })).to.equal(0);
    expect(await selected({ target: 'HTTP://A.TEST:80/in' })).to.equal(3);
    expect(await failure(redrain.replay({ events: ['x'] }))).to.be.instanceOf(UnknownEventError);
    expect(await failure(redrain.replay({ target: '7' }))).to.be.instanceOf(UnknownTargetNameError);
  });
});

describeOnEachHome('retry', (on) => {
  it('brings back what was parked for good, and it is delivered', async () => {
    const { redrain, receiver } = await givenRedrain({ on });
    receiver.answer = (batch) => results(batch, () => ({ kind: 'terminal_failed', reason: 'big' }));
    await redrain.captureMany(envelopes(4));
    await redrain.drain();
    expect(await redrain.drain()).to.include({ selected: 0 });
    expect(await redrain.retry({ events: ['e0'], dryRun: true })).to.include({ selected: 1 });
    expect(await redrain.retry()).to.include({ selected: 4 });
    expect(await termsOf(redrain)).to.include({ terminal: 0, transient: 4 });
    await expectSumsToHold(redrain, 4);
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    expect(await redrain.drain()).to.include({ delivered: 4 });
    await expectSumsToHold(redrain, 4);
  });

  it('has nothing to do on a home without a journal, and makes none', async () => {
    const { home, redrain } = await givenRedrain({ on });
    expect(await redrain.retry()).to.deep.equal({ dry_run: false, selected: 0, targets: [] });
    if (on.engine === 'SQLite')
      expect(existsSync(join(stateOf(home), 'journal.db'))).to.equal(false);
    expect(await failure(redrain.retry({ events: ['x'] }))).to.be.instanceOf(UnknownEventError);
  });
});

describeOnEachHome('a retired target', (on) => {
  it('gets nothing, is asked for nothing, and says how to bring it back', async () => {
    const { home, redrain, receiver } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(2));
    await redrain.drain();
    await on.change(home, 'UPDATE target SET retired_at = 5');
    await redrain.captureMany(envelopes(2, 'more'));
    const refusals = [
      redrain.drain(),
      redrain.drain({ target: 1 }),
      redrain.drain({ dryRun: true }),
      redrain.replay(),
      redrain.retry({ target: '1' }),
    ];
    for (const refusal of refusals) {
      const error = await failure(refusal);
      expect(error).to.be.instanceOf(RetiredTargetError);
      expect((error as RetiredTargetError).message).to.equal(
        'the target a.test is retired and gets nothing',
      );
      expect((error as RetiredTargetError).advice).to.contain('redrain targets restore a.test');
    }
    expect(await redrain.retry()).to.deep.include({ targets: [] });
    expect(receiver.posts).to.have.length(1);
    const { delivery_ledger } = await readableStatus(redrain);
    expect(delivery_ledger.per_target[0]).to.include({ retired: true, delivered: 2 });
  });
});

describeOnEachHome('diff and events', (on) => {
  it('name what A has and B has not, and what it is there', async () => {
    const { home, redrain, receiver } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(4));
    await redrain.drain();
    writeConfig(home, externalTo('http://b.test/in'));
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) =>
        eventId === 'e1' ? { kind: 'rejected', reason: 'not here' } : { kind: 'success' },
      );
    await redrain.drain({ limit: 2 });

    const diff = await redrain.diff('1', 'http://b.test/in');
    expect(diff).to.include({ count: 3 });
    expect(diff.events.map((event) => [event.event_id, event.state])).to.deep.equal([
      ['e1', 'rejected'],
      ['e2', 'unsent'],
      ['e3', 'unsent'],
    ]);
    expect(await redrain.diff('2', '1')).to.include({ count: 0 });
    expect((await redrain.diff('1', '2', { limit: 1 })).events).to.have.length(1);
    expect((await redrain.diff('1', '2', { events: ['e2'] })).count).to.equal(1);
    expect(await failure(redrain.diff('1', 'http://c.test'))).to.be.instanceOf(
      UnknownTargetNameError,
    );

    const ids = async (options: Parameters<typeof redrain.events>[0]): Promise<string[]> =>
      (await redrain.events(options)).events.map((event) => event.event_id);
    expect(await ids({})).to.deep.equal(['e3', 'e2', 'e1', 'e0']);
    expect(await ids({ limit: 2 })).to.deep.equal(['e3', 'e2']);
    expect(await ids({ state: 'delivered' })).to.deep.equal(['e0']);
    expect(await ids({ state: 'delivered', target: '1' })).to.have.length(4);
    expect(await ids({ state: 'rejected' })).to.deep.equal(['e1']);
    expect(await ids({ state: 'unsent' })).to.deep.equal(['e3', 'e2']);
    expect(await ids({ state: 'unsent', target: '1' })).to.deep.equal([]);
    expect(await ids({ state: 'held' })).to.deep.equal([]);
    expect(await ids({ state: 'archived' })).to.deep.equal([]);
  });

  it('know what is held from what is merely unsent', async () => {
    const config = externalTo(
      'http://a.test/in',
      'projects = "allowed"\n[sync.projects]\np = "allow"\n',
    );
    const { redrain } = await givenRedrain({ on, config });
    await redrain.captureMany([
      { event_id: 'a', event_type: 'T', project_uuid: 'p' },
      { event_id: 'b', event_type: 'T', project_uuid: 'q' },
    ]);
    const state = async (which: 'held' | 'unsent') =>
      (await redrain.events({ state: which })).events.map(({ event_id, state }) => [
        event_id,
        state,
      ]);
    expect(await state('held')).to.deep.equal([['b', 'held']]);
    expect(await state('unsent')).to.deep.equal([['a', 'unsent']]);
    expect((await redrain.events({ state: 'held', project: 'p' })).events).to.deep.equal([]);
  });
});
