import { expect } from 'chai';
import type { OutboundEvent, Outcome } from '../../src/index.js';
import {
  externalTo,
  type GivenRedrain,
  givenRedrain,
  writeConfig,
} from '../library/given-redrain.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { results, unanswered } from '../support/scripted-receiver.js';
import { expectSumsToHold, readableStatus, termsOf } from './status-sections.js';

const ALLOWED = externalTo(
  'http://a.test/in',
  'projects = "allowed"\n[sync.projects]\np = "allow"\nq = "hold"\n[sync.coalesce]\nSnapshot = ["key"]\n',
);

/** The outcome of an event is its type. */
function outcomeOf({ eventType }: OutboundEvent): Outcome {
  switch (eventType) {
    case 'pending':
      return { kind: 'pending', serverState: 'queued' };
    case 'rejected':
    case 'transient':
    case 'terminal_failed':
      return { kind: eventType, reason: `made ${eventType}` };
    case 'duplicate':
      return { kind: 'duplicate' };
    default:
      return { kind: 'success' };
  }
}

describeOnEachHome('the terms of a target', (on) => {
  it('are all counted apart', async () => {
    const { redrain } = await givenEverything(on);
    expect(await termsOf(redrain)).to.deep.include({
      delivered: 3 + 2 + 1,
      pending: 2,
      rejected: 3,
      transient: 4,
      terminal: 5,
      coalesced: 7,
      held: 8 + 9,
      unsent: 10,
      held_by: { project_not_allowed: 8, missing_project: 9 },
      archived: 0,
      redacted: 0,
      replaced: 0,
      purged: 0,
      adds_up: true,
    });
    await expectSumsToHold(redrain, EVERYTHING);
  });

  it('make up the sections that are about all targets', async () => {
    const { redrain } = await givenEverything(on);
    const status = await readableStatus(redrain);
    expect(status.event_journal).to.deep.include({
      retained_event_count: EVERYTHING,
      coalesced: 7,
      held: { project_not_allowed: 8, missing_project: 9 },
    });
    expect(status.event_journal.drain_blocked.waiting).to.equal(2 + 3 + 4 + 8 + 9 + 10);
    expect(status.delivery_ledger).to.include({
      delivered_current_target: 6,
      pending: 2,
      rejected: 3,
      transient: 4,
    });
    expect(status.terminal_failures.count).to.equal(5);
    expect(status.terminal_failures.events[0]).to.include({
      target_id: 1,
      last_error: 'made terminal_failed',
    });
  });

  it('add up for every target, whatever happened to each', async () => {
    const { home, redrain, receiver } = await givenEverything(on);
    writeConfig(home, externalTo('http://b.test/in'));
    receiver.answer = (batch) => unanswered(batch);
    await redrain.drain({ limit: 20 });
    writeConfig(home, externalTo('http://c.test/in'));
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    await redrain.drain();
    await redrain.captureMany(events(3, 'late', 'p'));
    await expectSumsToHold(redrain, EVERYTHING + 3);
    const { delivery_ledger } = await readableStatus(redrain);
    expect(delivery_ledger.per_target.map((target) => target.target_id)).to.deep.equal([1, 2, 3]);
    expect(await termsOf(redrain, 2)).to.include({ delivered: 0, transient: 20 });
    expect(await termsOf(redrain, 3)).to.include({ delivered: EVERYTHING - 7, unsent: 3 });
  });

  it('still add up when a hold is lifted or a project is held later', async () => {
    const { home, redrain } = await givenEverything(on);
    writeConfig(home, ALLOWED.replace('q = "hold"', 'q = "allow"').replace('p = "allow"', ''));
    expect(await termsOf(redrain)).to.deep.include({
      unsent: 8,
      held: 10 + 9,
      held_by: { project_not_allowed: 10, missing_project: 9 },
    });
    await expectSumsToHold(redrain, EVERYTHING);
  });

  it('say since when the oldest waits', async () => {
    const { redrain, clock } = await givenRedrain({ on });
    await redrain.captureMany(events(1, 'first', 'p'));
    await redrain.drain();
    expect(await termsOf(redrain)).to.include({ oldest_unsent_at: null });
    clock.now += 5_000;
    const captured = new Date(clock.now).toISOString();
    await redrain.captureMany(events(1, 'second', 'p'));
    clock.now += 5_000;
    await redrain.captureMany(events(1, 'third', 'p'));
    expect(await termsOf(redrain)).to.include({ oldest_unsent_at: captured });
  });

  it('say it of what was tried without success, too', async () => {
    const { redrain, receiver, clock } = await givenRedrain({ on });
    receiver.answer = (batch) => results(batch, outcomeOf);
    await redrain.captureMany(events(1, 'delivered', 'p'));
    await redrain.drain();
    expect(await termsOf(redrain)).to.include({ oldest_undelivered_at: null });
    clock.now += 5_000;
    const captured = new Date(clock.now).toISOString();
    await redrain.captureMany(events(1, 'transient', 'p'));
    await redrain.drain();
    clock.now += 5_000;
    await redrain.captureMany(events(1, 'later', 'p'));
    expect(await termsOf(redrain)).to.include({ transient: 1, oldest_undelivered_at: captured });
    await redrain.replay({ target: '1' });
    expect(await termsOf(redrain)).to.include({ oldest_undelivered_at: captured });
  });
});

describeOnEachHome('a sum that does not hold', (on) => {
  const FALSEHOODS: [what: string, sql: string][] = [
    ['a journal counter too high', 'UPDATE journal_count SET events = events + 1'],
    ['a journal counter too low', 'UPDATE journal_count SET events = events - 1'],
    ['a ledger counter too high', 'UPDATE ledger_count SET events = events + 1'],
    ['a missing ledger counter', 'DELETE FROM ledger_count'],
  ];

  for (const [what, sql] of FALSEHOODS) {
    it(`is reported: ${what}`, async () => {
      const { home, redrain } = await givenRedrain({ on });
      await redrain.captureMany(events(5, 'T', 'p'));
      await redrain.drain();
      await expectSumsToHold(redrain, 5);
      await on.change(home, sql);
      expect(await termsOf(redrain)).to.include({ adds_up: false });
    });
  }
});

const EVERYTHING = 6 + 2 + 3 + 4 + 5 + 7 + 8 + 9 + 10;

/** A home on which every term has a number of its own. */
async function givenEverything(on: EngineHomes): Promise<GivenRedrain> {
  const given = await givenRedrain({ on, config: ALLOWED });
  const { redrain, receiver } = given;
  receiver.answer = (batch) => results(batch, outcomeOf);
  await redrain.captureMany([
    ...events(3, 'success', 'p'),
    ...events(2, 'duplicate', 'p'),
    ...events(2, 'pending', 'p'),
    ...events(3, 'rejected', 'p'),
    ...events(4, 'transient', 'p'),
    ...events(5, 'terminal_failed', 'p'),
    // Seven are coalesced into the eighth, which is delivered.
    ...events(8, 'Snapshot', 'p').map((event) => ({ ...event, key: 'one' })),
    ...events(8, 'held', 'q'),
    ...events(9, 'unassigned'),
  ]);
  await redrain.drain();
  await redrain.captureMany(events(10, 'unsent', 'p'));
  return given;
}

function events(count: number, type: string, project?: string): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => ({
    event_id: `${type}-${i}`,
    event_type: type,
    ...(project === undefined ? {} : { project_uuid: project }),
  }));
}
