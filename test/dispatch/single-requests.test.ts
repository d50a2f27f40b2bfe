import { expect } from 'chai';
import { turn } from '../../src/base/pace.js';
import type { DeliveryReport, OutboundEvent } from '../../src/dispatch/ports.js';
import { givenTarget } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { describeOnEachEngine, type EngineCore } from '../support/each-engine.js';
import { newEvents } from '../support/events.js';
import { results, ScriptedReceiver, transient } from '../support/scripted-receiver.js';

const turns = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left -= 1) await turn();
};

const ok = (batch: readonly OutboundEvent[]): DeliveryReport =>
  results(batch, () => ({ kind: 'success' }));

describeOnEachEngine('a target that gets one event in each request', (open, engine) => {
  let core: EngineCore;
  let receiver: ScriptedReceiver & { requestsAtOnce?: number };
  let underWay = 0;
  let most = 0;

  /** Answers after some turns of the event loop, so that requests overlap. */
  const overlapping =
    (answer: (event: OutboundEvent) => DeliveryReport) =>
    async (batch: readonly OutboundEvent[]): Promise<DeliveryReport> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await turns(20);
      underWay -= 1;
      return answer(batch[0] as OutboundEvent);
    };

  beforeEach(async () => {
    core = await open();
    await givenTarget(core);
    receiver = new ScriptedReceiver();
    receiver.requestsAtOnce = 8;
    underWay = 0;
    most = 0;
  });

  it('has as many requests under way as it takes, and every event once', async () => {
    await core.journal.append(newEvents(500), 'capture');
    receiver.answer = overlapping((event) => ok([event]));
    const report = await drainWith(core, receiver);
    expect(report).to.include({ delivered: 500, posts: 500, unsent: 0 });
    expect(most).to.equal(8);
    expect(receiver.posts.every((post) => post.length === 1)).to.equal(true);
    expect(new Set(receiver.posts.flat())).to.have.property('size', 500);
    await core.assertInvariant();
  });

  it('keeps verdicts apart: a refusal is of its own event', async () => {
    await core.journal.append(newEvents(40), 'capture');
    receiver.answer = overlapping((event) =>
      event.seq % 4 === 0
        ? { ...results([event], () => ({ kind: 'rejected', reason: 'no' })), httpStatus: 400 }
        : ok([event]),
    );
    expect(await drainWith(core, receiver)).to.include({ delivered: 30, rejected: 10 });
    await core.assertInvariant();
  });

  it('asks before each request: what may not leave any more is given back, not attempted', async () => {
    await core.journal.append(newEvents(100), 'capture');
    let isHeld = false;
    receiver.answer = overlapping((event) => {
      isHeld ||= event.seq >= 20;
      return ok([event]);
    });
    const permission = async () => (isHeld ? () => 'project_not_allowed' as const : () => null);
    const report = await drainWith(core, receiver, { permission });
    expect(report.posts).to.be.within(20, 20 + 8);
    expect(report).to.include({ delivered: report.posts, held: 100 - report.posts });
    expect(await core.rows('SELECT count(*) AS n FROM delivery')).to.deep.equal([
      { n: report.posts },
    ]);
    expect(await core.rows('SELECT seq FROM delivery WHERE attempt_count <> 1')).to.deep.equal([]);
    await core.assertInvariant();
    expect(await drainWith(core, receiver)).to.include({ delivered: 100 - report.posts, held: 0 });
  });

  it('counts what a closed gate gives back once, and tries nothing more', async () => {
    await core.journal.append(newEvents(100), 'capture');
    let isClosed = false;
    receiver.answer = overlapping((event) => {
      isClosed ||= event.seq >= 20;
      return ok([event]);
    });
    const gate = { reason: 'delivery_off' as const, message: 'the mode sends nothing' };
    const permission = async () => (isClosed ? gate : () => null);
    const report = await drainWith(core, receiver, { permission });
    expect(report.posts).to.be.within(20, 20 + 8);
    expect(report).to.include({ selected: report.posts, delivered: report.posts });
    expect(report).to.include({ blocked_reason: 'delivery_off', held: 100 - report.posts });
    await core.assertInvariant();
  });

  it('ends with the signal: requests under way are recorded, the rest is as if never claimed', async () => {
    await core.journal.append(newEvents(100), 'capture');
    const stop = new AbortController();
    receiver.answer = overlapping((event) => {
      if (event.seq === 30) stop.abort();
      return ok([event]);
    });
    const report = await drainWith(core, receiver, { signal: stop.signal });
    expect(report).to.include({ interrupted: true, delivered: report.posts });
    expect(report.posts).to.be.within(30, 38);
    expect(await core.rows('SELECT count(*) AS n FROM delivery')).to.deep.equal([
      { n: report.posts },
    ]);
    await core.assertInvariant();
  });

  it('slows down when it is asked to, and stays slow', async () => {
    await core.journal.append(newEvents(60), 'capture');
    const since: number[] = [];
    receiver.answer = overlapping((event) => {
      since.push(underWay);
      if (event.seq <= 16) return { ...transient([event]), httpStatus: 429, slowDown: true };
      return ok([event]);
    });
    await drainWith(core, receiver);
    expect(Math.max(...since.slice(24))).to.be.at.most(3);
  });

  it('opens the circuit when as many requests fail in a row as three rounds have', async () => {
    await core.journal.append(newEvents(200), 'capture');
    receiver.answer = overlapping((event) => transient([event]));
    const report = await drainWith(core, receiver);
    expect(report.message).to.contain('circuit open');
    expect(report.posts).to.be.within(24, 24 + 8);
    await core.assertInvariant();
  });

  it('retires a target that says it is gone, and gives back what was not posted', async () => {
    await core.journal.append(newEvents(50), 'capture');
    let retired = 0;
    receiver.answer = overlapping((event) => ({
      ...transient([event]),
      httpStatus: 410,
      gone: 'the address is gone (410)',
    }));
    const retire = async () => {
      retired += 1;
    };
    const report = await drainWith(core, receiver, { retire });
    expect(retired).to.be.at.least(1);
    expect(report).to.include({
      blocked_reason: 'target_retired',
      message: 'the address is gone (410)',
    });
    expect(report.posts).to.be.at.most(8);
    await core.assertInvariant();
  });

  it('fails as the ledger fails, after the requests under way', async () => {
    await core.journal.append(newEvents(50), 'capture');
    receiver.answer = overlapping((event) => ok([event]));
    core.ledger.settle = () => Promise.reject(new Error('disk full'));
    const failure = await drainWith(core, receiver).catch(String);
    expect(failure).to.equal('Error: disk full');
    expect(underWay).to.equal(0);
  });

  it('asks once for all that go in one turn, and after whatever was answered before', async () => {
    await core.journal.append(newEvents(64), 'capture');
    const asked: number[] = [];
    const redactedOf = core.ledger.redactedOf.bind(core.ledger);
    core.ledger.redactedOf = (pass, claim, events) => {
      asked.push(events.length);
      return redactedOf(pass, claim, events);
    };
    receiver.answer = overlapping((event) => ok([event]));
    expect(await drainWith(core, receiver)).to.include({ delivered: 64 });
    expect(asked.reduce((sum, events) => sum + events, 0)).to.equal(64);
    // While a server is written to, some of those that were answered go before the others.
    if (engine === 'PostgreSQL') expect(asked.length).to.be.below(32);
    else expect(asked).to.deep.equal([8, 8, 8, 8, 8, 8, 8, 8]);
  });

  it('claims what follows while the last of a claim are under way', async () => {
    await core.journal.append(newEvents(300), 'capture');
    receiver.limits = { maxEvents: 100, maxBytes: 1_000_000 };
    const leftOf: number[] = [];
    const claimBehind = core.ledger.claimBehind.bind(core.ledger);
    core.ledger.claimBehind = (pass, claim, request) => {
      leftOf.push(100 - (receiver.posts.length % 100));
      return claimBehind(pass, claim, request);
    };
    receiver.answer = overlapping((event) => ok([event]));
    expect(await drainWith(core, receiver)).to.include({ selected: 300, delivered: 300 });
    expect(leftOf, 'not yet posted of the claim before').to.have.length(2);
    expect(Math.min(...leftOf)).to.be.within(1, 16);
    const ids = await core.rows<{ id: string }>('SELECT event_id AS id FROM event ORDER BY seq');
    expect(receiver.posts.flat()).to.deep.equal(ids.map(({ id }) => id));
    expect(await core.rows('SELECT * FROM flight')).to.deep.equal([]);
    await core.assertInvariant();
  });

  it('gives back what was claimed to follow, where the pass ends before it went', async () => {
    await core.journal.append(newEvents(300), 'capture');
    receiver.limits = { maxEvents: 100, maxBytes: 1_000_000 };
    const stop = new AbortController();
    receiver.answer = overlapping((event) => {
      if (event.seq === 95) stop.abort();
      return ok([event]);
    });
    const report = await drainWith(core, receiver, { signal: stop.signal });
    expect(report).to.include({ interrupted: true, selected: report.posts });
    expect(report.posts).to.be.within(95, 95 + 8);
    expect(await core.rows('SELECT count(*) AS n FROM delivery')).to.deep.equal([
      { n: report.posts },
    ]);
    expect(await core.rows('SELECT seq FROM todo')).to.deep.equal([]);
    await core.assertInvariant();
    expect(await drainWith(core, receiver)).to.include({ delivered: 300 - report.posts });
  });

  it('writes answers that came together with one commit, and one line of the log for them', async () => {
    await core.journal.append(newEvents(200), 'capture');
    receiver.answer = overlapping((event) => ok([event]));
    await drainWith(core, receiver);
    const [log] = await core.rows<{ lines: number; events: number }>(
      'SELECT count(*) AS lines, sum(events) AS events FROM post',
    );
    expect(log?.events).to.equal(200);
    expect(log?.lines).to.be.lessThan(150);
  });
});

describeOnEachEngine('a target with a rate', (open) => {
  it('gets no more events a second than it takes, in requests of a second at most', async () => {
    const core = await open();
    await givenTarget(core);
    await core.journal.append(newEvents(100), 'capture');
    const receiver = new ScriptedReceiver();
    let now = 10_000;
    const times: number[] = [];
    receiver.answer = (batch) => {
      times.push(...batch.map(() => now));
      return ok(batch);
    };
    await drainWith(core, receiver, {
      eventsPerSecond: 20,
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    });
    expect(times).to.have.length(100);
    for (const [i, at] of times.entries())
      expect(
        times.filter((other) => other >= at && other < at + 1_000).length,
        `from event ${i}`,
      ).to.be.at.most(20);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).to.equal(4_000);
  });

  it('waits no longer than a second for a clock that was set back', async () => {
    const core = await open();
    await givenTarget(core);
    await core.journal.append(newEvents(3), 'capture');
    let now = 1_000_000_000;
    const waits: number[] = [];
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) => {
      now -= 500_000;
      return ok(batch);
    };
    await drainWith(core, receiver, {
      eventsPerSecond: 1,
      now: () => now,
      sleep: async (ms) => {
        waits.push(ms);
      },
    });
    expect(Math.max(...waits)).to.be.at.most(2_000);
  });
});
