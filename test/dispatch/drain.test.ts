import { expect } from 'chai';
import type { OutboundEvent, Permission } from '../../src/dispatch/ports.js';
import { givenTarget } from '../support/core.js';
import { drainWith, TestClock } from '../support/drains.js';
import { describeOnEachEngine, type EngineCore } from '../support/each-engine.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
import {
  refused,
  results,
  ScriptedReceiver,
  transient,
  unanswered,
} from '../support/scripted-receiver.js';

describeOnEachEngine('a drain', (open) => {
  let core: EngineCore;
  let receiver: ScriptedReceiver;
  beforeEach(async () => {
    core = await open();
    await givenTarget(core);
    receiver = new ScriptedReceiver();
  });
  afterEach(() => core.assertInvariant());

  it('delivers everything once, in journal order, and then has nothing to do', async () => {
    await core.journal.append(newEvents(2_500), 'capture');
    const report = await drainWith(core, receiver);
    expect(report).to.include({ selected: 2_500, delivered: 2_500, posts: 3, unsent: 0, held: 0 });
    expect(receiver.posts.flat()).to.deep.equal(newEvents(2_500).map((event) => event.eventId));
    const again = await drainWith(core, receiver);
    expect(again).to.include({ selected: 0, posts: 0 });
    expect(receiver.posts).to.have.length(3);
  });

  it('delivers to a second target what the first one has, and leaves its rows alone', async () => {
    await core.journal.append(newEvents(10), 'capture');
    await drainWith(core, receiver);
    const before = await core.rows('SELECT * FROM delivery WHERE target_id = 1 ORDER BY seq');
    const b = await givenTarget(core, 'b');
    const second = new ScriptedReceiver();
    const report = await drainWith(core, second, { target: { id: b.id, url: 'http://b.test' } });
    expect(report.delivered).to.equal(10);
    expect(second.posts.flat()).to.deep.equal(receiver.posts.flat());
    expect(
      await core.rows('SELECT * FROM delivery WHERE target_id = 1 ORDER BY seq'),
    ).to.deep.equal(before);
  });

  it('keeps to the order of the journal over many projects', async () => {
    const events = newEvents(3_000).map((event, i) => ({ ...event, ...inProject(`p${i % 7}`) }));
    await core.journal.append(events, 'capture');
    await drainWith(core, receiver);
    expect(receiver.posts.flat()).to.deep.equal(events.map((event) => event.eventId));
  });

  it('sends nothing of a project that is not allowed, however the limit falls', async () => {
    const events = newEvents(90).map((event, i) => ({ ...event, ...inProject(`p${i % 3}`) }));
    await core.journal.append(events, 'capture');
    const permission = async (): Promise<Permission> => (origin) =>
      origin.projectUuid === 'p1' ? null : 'project_not_allowed';
    for (const limit of [1, 7, 50]) await drainWith(core, receiver, { limit, permission });
    const expected = events.filter((_, i) => i % 3 === 1).map((event) => event.eventId);
    expect(receiver.posts.flat()).to.deep.equal(expected);
    const report = await drainWith(core, receiver, { permission });
    expect(report).to.include({
      held: 60,
      unsent: 0,
      posts: 0,
      blocked_reason: 'project_not_allowed',
    });
  });

  it('delivers held events once they are allowed', async () => {
    await core.journal.append(newEvents(5, 'held', inProject('p')), 'capture');
    await drainWith(core, receiver, { permission: async () => () => 'project_not_allowed' });
    expect(receiver.posts).to.have.length(0);
    expect((await drainWith(core, receiver)).delivered).to.equal(5);
  });

  it('applies a hold from the next batch on', async () => {
    await core.journal.append(newEvents(2_000), 'capture');
    const permission = async (): Promise<Permission> => {
      const held = receiver.posts.length > 0;
      return () => (held ? 'project_not_allowed' : null);
    };
    const report = await drainWith(core, receiver, { permission });
    expect(report).to.include({ delivered: 1_000, held: 1_000 });
  });

  it('gives each event at most one outcome per pass and goes on past those that fail', async () => {
    await core.journal.append(newEvents(3_000), 'capture');
    receiver.answer = (batch) =>
      results(batch, (event) =>
        Number(event.eventId.slice(-6)) <= 25
          ? { kind: 'rejected', reason: 'bad lane' }
          : { kind: 'success' },
      );
    const report = await drainWith(core, receiver);
    expect(report).to.include({ delivered: 2_975, rejected: 25, posts: 3 });
    expect(new Set(receiver.posts.flat()).size).to.equal(3_000);
  });

  it('sends new events although failing ones would use up the limit', async () => {
    await core.journal.append(newEvents(50, 'bad'), 'capture');
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'no' }));
    await drainWith(core, receiver);
    await core.journal.append(newEvents(20, 'good'), 'capture');
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    const report = await drainWith(core, receiver, { limit: 20 });
    expect(report.selected).to.equal(20);
    expect(receiver.posts.at(-1)?.filter((id) => id.startsWith('good'))).to.have.length(10);
  });

  it('waits for a backoff as a worker, and not as an operator', async () => {
    await core.journal.append(newEvents(3), 'capture');
    const clock = new TestClock();
    receiver.answer = (batch) => transient(batch);
    await drainWith(core, receiver, { clock });
    expect((await drainWith(core, receiver, { clock, ignoreBackoff: false })).selected).to.equal(0);
    expect((await drainWith(core, receiver, { clock, ignoreBackoff: true })).selected).to.equal(3);
    clock.now += 3_600_000;
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    expect((await drainWith(core, receiver, { clock, ignoreBackoff: false })).delivered).to.equal(
      3,
    );
  });

  it('asks about what is pending and posts nothing else, when told so', async () => {
    await core.journal.append(newEvents(3), 'capture');
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) =>
        eventId === 'e-000002'
          ? { kind: 'pending', serverState: 'queued' }
          : { kind: 'rejected', reason: 'no' },
      );
    await drainWith(core, receiver);
    await core.journal.append(newEvents(1, 'new'), 'capture');
    const report = await drainWith(core, receiver, { pendingOnly: true });
    expect(report).to.include({ selected: 1, posts: 1, pending: 1, unsent: 1 });
    expect(receiver.posts.at(-1)).to.deep.equal(['e-000002']);
  });

  it('asks again for pending events until they are done', async () => {
    await core.journal.append(newEvents(2), 'capture');
    receiver.answer = (batch) => results(batch, () => ({ kind: 'pending', serverState: 'queued' }));
    expect(await drainWith(core, receiver)).to.include({ pending: 2, delivered: 0 });
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    expect(await drainWith(core, receiver)).to.include({ delivered: 2 });
    expect((await drainWith(core, receiver)).selected).to.equal(0);
  });

  it('finds the one bad event of a batch and delivers the rest, left half first', async () => {
    await core.journal.append(newEvents(100), 'capture');
    receiver.answer = (batch) => refuseWith(batch, 'e-000037');
    const report = await drainWith(core, receiver);
    expect(report).to.include({ delivered: 99, rejected: 1 });
    expect(report.posts).to.be.lessThan(20);
    const accepted = receiver.posts.filter((ids) => !ids.includes('e-000037')).flat();
    expect(accepted).to.deep.equal([...accepted].sort());
  });

  it('retries a known culprit alone, so that it spoils nothing again', async () => {
    await core.journal.append(newEvents(64), 'capture');
    receiver.answer = (batch) => refuseWith(batch, 'e-000001');
    await drainWith(core, receiver);
    await core.journal.append(newEvents(10, 'late'), 'capture');
    receiver.posts.length = 0;
    await drainWith(core, receiver);
    expect(receiver.posts.map((ids) => ids.length)).to.deep.equal([10, 1]);
  });

  it('logs the refusal of one that stands alone as the verdict it is', async () => {
    await core.journal.append([newEvent('bad')], 'capture');
    receiver.answer = (batch) => refused(batch, { kind: 'rejected', reason: 'no' });
    await drainWith(core, receiver);
    const { outcomes } = await core.row<{ outcomes: string }>('SELECT outcomes FROM post');
    expect(JSON.parse(outcomes)).to.deep.equal({ rejected: [[1, 1]] });
  });

  it('says that everything is held, also when only retries are left', async () => {
    await core.journal.append(newEvents(2, 'held', inProject('p')), 'capture');
    receiver.answer = (batch) => transient(batch);
    await drainWith(core, receiver);
    const permission = async (): Promise<Permission> => () => 'project_not_allowed';
    const report = await drainWith(core, receiver, { permission });
    expect(report).to.include({ posts: 0, blocked_reason: 'project_not_allowed' });
  });

  it('posts again, without those that have one, the events that got no verdict', async () => {
    await core.journal.append(newEvents(4), 'capture');
    receiver.answer = (batch) => {
      if (batch.length === 1) return results(batch, () => ({ kind: 'success' }));
      return {
        ...refused(batch, { kind: 'rejected', reason: 'batch failed' }),
        outcomes: batch.map((event, i) =>
          i < 3 ? { kind: 'rejected', reason: `${event.eventId} is bad` } : undefined,
        ),
      };
    };
    expect(await drainWith(core, receiver)).to.include({ rejected: 3, delivered: 1, posts: 2 });
  });

  it('sends an event that is larger than a request should be, alone: what is too large is for the target to say', async () => {
    receiver.limits = { maxEvents: 1000, maxBytes: 2_000 };
    const big = newEvent('big', {
      bytes: Buffer.from(JSON.stringify({ event_id: 'big', x: 'y'.repeat(3_000) })),
    });
    await core.journal.append([newEvent('small'), big, newEvent('other')], 'capture');
    expect(await drainWith(core, receiver)).to.include({ delivered: 3, terminal_failed: 0 });
    expect(receiver.posts).to.deep.equal([['small'], ['big'], ['other']]);
  });

  it('fills a request by bytes, not only by number', async () => {
    receiver.limits = { maxEvents: 1000, maxBytes: 1_000 };
    await core.journal.append(newEvents(100), 'capture');
    await drainWith(core, receiver);
    const size = newEvents(1)[0]?.bytes.length ?? 0;
    const perPost = Math.floor(1_000 / (size + 1));
    expect(receiver.posts[0]).to.have.length(perPost);
    expect(receiver.posts.flat()).to.have.length(100);
  });

  it('opens the circuit after a few silent batches and probes with one afterwards', async () => {
    await core.journal.append(newEvents(10_000), 'capture');
    receiver.answer = unanswered;
    const report = await drainWith(core, receiver);
    expect(report).to.include({ posts: 3, blocked_reason: 'network_unavailable' });
    expect(report.message).to.contain('circuit open');
    expect((await drainWith(core, receiver)).posts).to.equal(1);
    expect((await drainWith(core, receiver, { ignoreBackoff: false })).posts).to.equal(0);
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    const recovered = await drainWith(core, receiver);
    expect(recovered).to.include({ delivered: 10_000, blocked_reason: null });
    expect(
      await core.row('SELECT circuit_failures AS n, blocked_reason AS r FROM target'),
    ).to.deep.equal({
      n: 0,
      r: null,
    });
  });

  it('honours Retry-After, up to an hour, also for an operator', async () => {
    await core.journal.append(newEvents(2_000), 'capture');
    const clock = new TestClock();
    receiver.answer = (batch) =>
      transient(batch, { httpStatus: 429, retryAfterMs: 10 * 3_600_000 });
    const report = await drainWith(core, receiver, { clock });
    expect(report.posts).to.equal(1);
    expect(report.message).to.contain('until');
    clock.now += 3_599_000;
    expect((await drainWith(core, receiver, { clock })).posts).to.equal(0);
    clock.now += 2_000;
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    expect((await drainWith(core, receiver, { clock })).delivered).to.equal(2_000);
  });

  it('stops at a refusal of the whole client and parks nothing', async () => {
    await core.journal.append(newEvents(3_000), 'capture');
    receiver.answer = (batch) => transient(batch, { httpStatus: 412, stop: 'pip install -U' });
    const report = await drainWith(core, receiver);
    expect(report).to.include({
      posts: 1,
      transient: 1_000,
      terminal_failed: 0,
      message: 'pip install -U',
    });
  });

  it('shrinks batches that nothing answers and recovers with the first answer', async () => {
    await core.journal.append(newEvents(3_000), 'capture');
    receiver.answer = (batch) =>
      batch.length > 300 ? unanswered(batch) : results(batch, () => ({ kind: 'success' }));
    let delivered = 0;
    for (let pass = 0; pass < 12 && delivered < 3_000; pass++) {
      delivered += (await drainWith(core, receiver)).delivered;
    }
    expect(delivered).to.be.greaterThan(0);
    expect(receiver.posts.some((ids) => ids.length <= 300)).to.equal(true);
  });

  it('opens no connection behind a closed gate, and says why', async () => {
    await core.journal.append(newEvents(5), 'capture');
    receiver.closed = { reason: 'saas_disabled', message: 'set SPEC_KITTY_ENABLE_SAAS_SYNC=1' };
    const report = await drainWith(core, receiver);
    expect(report).to.include({ posts: 0, unsent: 5, blocked_reason: 'saas_disabled' });
    expect(await core.row('SELECT blocked_reason AS r FROM target')).to.deep.equal({
      r: 'saas_disabled',
    });
    receiver.closed = undefined;
    await drainWith(core, receiver);
    expect(await core.row('SELECT blocked_reason AS r FROM target')).to.deep.equal({ r: null });
  });

  it('does not wait for another drain when told so', async () => {
    await core.journal.append(newEvents(5), 'capture');
    const lock = await core.targetLock(1).acquire(false, NEVER);
    const report = await drainWith(core, receiver, { waitForLock: false });
    expect(report).to.include({ posts: 0, blocked_reason: 'daemon_lock', unsent: 5 });
    await lock?.release();
    expect((await drainWith(core, receiver, { waitForLock: false })).delivered).to.equal(5);
  });

  it('finishes and records the batch in flight when it is interrupted', async () => {
    await core.journal.append(newEvents(5_000), 'capture');
    const interrupt = new AbortController();
    receiver.answer = (batch) => {
      if (receiver.posts.length === 2) interrupt.abort();
      return results(batch, () => ({ kind: 'success' }));
    };
    const report = await drainWith(core, receiver, { signal: interrupt.signal });
    expect(report).to.include({ delivered: 2_000, posts: 2, interrupted: true, unsent: 3_000 });
    expect(await core.rows('SELECT * FROM flight')).to.deep.equal([]);
    expect((await drainWith(core, receiver)).delivered).to.equal(3_000);
  });

  it('leaves nothing of a bisection undecided when it is interrupted', async () => {
    await core.journal.append(newEvents(100), 'capture');
    const interrupt = new AbortController();
    receiver.answer = (batch) => {
      if (receiver.posts.length === 3) interrupt.abort();
      return refuseWith(batch, 'e-000001');
    };
    const report = await drainWith(core, receiver, { signal: interrupt.signal });
    expect(report.interrupted).to.equal(true);
    expect(await core.rows('SELECT * FROM flight')).to.deep.equal([]);
    const kept = await core.rows<{ company: string }>('SELECT DISTINCT company FROM todo');
    expect(kept, 'they must not spoil batches of others').to.deep.equal([{ company: 'suspect' }]);
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    await drainWith(core, receiver);
    const delivered = await core.rows(`SELECT * FROM delivery WHERE status = 'success'`);
    expect(delivered).to.have.length(100);
  });

  it('logs every post with its outcomes', async () => {
    await core.journal.append(newEvents(3), 'capture');
    receiver.answer = (batch) =>
      results(batch, (event) =>
        event.eventId === 'e-000002' ? { kind: 'rejected', reason: 'x' } : { kind: 'success' },
      );
    await drainWith(core, receiver);
    const log = await core.row<{ outcomes: string }>('SELECT * FROM post');
    expect(log).to.include({ first_seq: 1, last_seq: 3, events: 3, http_status: 200, error: null });
    expect(JSON.parse(log.outcomes)).to.deep.equal({
      success: [
        [1, 1],
        [3, 3],
      ],
      rejected: [[2, 2]],
    });
  });

  it('ends at the journal head it began with', async () => {
    await core.journal.append(newEvents(10, 'early'), 'capture');
    receiver.answer = async (batch) => {
      await core.journal.append(newEvents(5, 'late'), 'capture');
      return results(batch, () => ({ kind: 'success' }));
    };
    expect(await drainWith(core, receiver)).to.include({ delivered: 10, unsent: 5 });
  });
});

const NEVER = new AbortController().signal;

function refuseWith(batch: readonly OutboundEvent[], poison: string) {
  return batch.some((event) => event.eventId === poison)
    ? refused(batch, { kind: 'rejected', reason: 'batch rejected' })
    : results(batch, () => ({ kind: 'success' }));
}
