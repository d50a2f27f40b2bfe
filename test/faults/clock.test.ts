import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { circuitState } from '../../src/reports/ledger-section.js';
import { collect } from '../../src/retention/collecting.js';
import { SqliteRetention } from '../../src/sqlite/retention/retention-store.js';
import { sweepTarget } from '../../src/workers/dispatch-sweep.js';
import { dispatchWorker } from '../../src/workers/dispatch-worker.js';
import { sendTo } from '../processes/given-events.js';
import { ANY_AGE, NO_CONTROL } from '../retention/given-journal.js';
import { type Core, givenTarget, openCore, row, rows } from '../support/core.js';
import { drainWith, TestClock } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { ScriptedReceiver, transient, unanswered } from '../support/scripted-receiver.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { givenService, runIdle } from '../workers/given-service.js';

const YEAR_MS = 365 * 24 * 3_600_000;
const TODAY = Date.UTC(2026, 5, 1);
const AHEAD = TODAY + 5 * YEAR_MS;
const BEHIND = TODAY - 25 * YEAR_MS;

async function givenEvents(count: number): Promise<Core> {
  const core = await openCore();
  await givenTarget(core);
  await core.journal.append(newEvents(count), 'capture');
  return core;
}

/** As a worker drains: what is not due waits. */
const asWorker = { ignoreBackoff: false };

describe('a clock that was years ahead and is set right', () => {
  it('keeps no retry waiting for years', async () => {
    const core = await givenEvents(3);
    const receiver = new ScriptedReceiver();
    const clock = new TestClock();
    receiver.answer = (batch) => transient(batch);
    clock.now = AHEAD;
    await drainWith(core, receiver, { clock, ...asWorker });
    expect(row<{ due: number }>(core, 'SELECT min(due_at) AS due FROM todo').due).to.be.above(
      AHEAD,
    );
    clock.now = TODAY;
    receiver.answer = new ScriptedReceiver().answer;
    expect(await drainWith(core, receiver, { clock, ...asWorker })).to.include({ delivered: 3 });
    assertLedgerInvariant(core);
  });

  it('leaves a retry alone that is due within the hour', async () => {
    const core = await givenEvents(3);
    const receiver = new ScriptedReceiver();
    const clock = new TestClock();
    clock.now = TODAY;
    receiver.answer = (batch) => transient(batch);
    await drainWith(core, receiver, { clock, ...asWorker });
    const due = rows(core, 'SELECT seq, due_at FROM todo ORDER BY seq');
    expect(await drainWith(core, receiver, { clock, ...asWorker })).to.include({ selected: 0 });
    expect(rows(core, 'SELECT seq, due_at FROM todo ORDER BY seq')).to.deep.equal(due);
  });

  it('keeps no circuit open for years', async () => {
    const core = await givenEvents(4);
    const receiver = new ScriptedReceiver();
    receiver.limits = { maxEvents: 1, maxBytes: 1_000 };
    const clock = new TestClock();
    receiver.answer = unanswered;
    clock.now = AHEAD;
    await drainWith(core, receiver, { clock, ...asWorker });
    const [target] = await core.targets.list();
    expect(target?.circuitOpenUntil).to.be.above(AHEAD);
    expect(target && circuitState(target, AHEAD).state).to.equal('open');
    expect(target && circuitState(target, TODAY).state).to.equal('half_open');
    clock.now = TODAY;
    receiver.answer = new ScriptedReceiver().answer;
    expect(await drainWith(core, receiver, { clock, ...asWorker })).to.include({ delivered: 4 });
  });

  it('honours no Retry-After for years, not even of an operator', async () => {
    const core = await givenEvents(2);
    const receiver = new ScriptedReceiver();
    const clock = new TestClock();
    clock.now = AHEAD;
    receiver.answer = (batch) => transient(batch, { httpStatus: 429, retryAfterMs: 60_000 });
    await drainWith(core, receiver, { clock });
    receiver.answer = new ScriptedReceiver().answer;
    expect(await drainWith(core, receiver, { clock }), 'within the minute').to.include({
      posts: 0,
    });
    clock.now = TODAY;
    expect(await drainWith(core, receiver, { clock })).to.include({ delivered: 2 });
  });

  it('is found by the sweep of a worker', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    const receiver = new ScriptedReceiver();
    const service = await givenService(cli.home, [], { receiver: () => receiver });
    service.clock.now = AHEAD;
    receiver.answer = (batch) => transient(batch);
    await service.app.captureGroup([{ bytes: Buffer.from('{"event_type":"T"}') }]);
    await sweepTarget(service, undefined);
    await runIdle(dispatchWorker, service);
    expect(receiver.posts).to.have.length(1);
    service.clock.now = TODAY;
    receiver.answer = new ScriptedReceiver().answer;
    expect((await sweepTarget(service, undefined)).did).to.equal('added');
    await runIdle(dispatchWorker, service);
    expect(receiver.posts).to.have.length(2);
    expect((await sweepTarget(service, undefined)).did).to.equal('nothing');
  });

  it('takes up what a drain of then had in flight when it was killed', async () => {
    const core = await givenEvents(3);
    const lease = await core.ledger.takeLease(1, 'of then');
    const pass = await core.ledger.beginPass(lease, AHEAD);
    await core.ledger.claim(pass, {
      limits: { maxEvents: 2, maxBytes: 10_000 },
      wireSize: () => 1,
      heldBy: () => null,
      ignoreBackoff: false,
      pendingOnly: false,
      now: AHEAD,
    });
    const clock = new TestClock();
    clock.now = TODAY;
    const receiver = new ScriptedReceiver();
    const report = await drainWith(core, receiver, { clock, ...asWorker });
    expect(report).to.include({ recovered: 2 });
    await drainWith(core, receiver, { clock });
    expect(new Set(receiver.posts.flat()).size).to.equal(3);
    expect(row(core, "SELECT count(*) AS n FROM delivery WHERE status = 'success'")).to.include({
      n: 3,
    });
    assertLedgerInvariant(core);
  });
});

describe('a clock that jumps between captures and drains', () => {
  it('changes neither ids nor order, and loses nothing', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    const clock = { now: TODAY };
    const receiver = new ScriptedReceiver();
    const app = new App({
      home: cli.home,
      env: {},
      now: () => clock.now,
      receiver: () => receiver,
    });
    closeAfterTest(() => app.close());
    const captured: string[] = [];
    for (const now of [TODAY, AHEAD, BEHIND, TODAY, 0, AHEAD, TODAY]) {
      clock.now = now;
      const inputs = Array.from({ length: 20 }, () => ({ bytes: Buffer.from(NO_ID) }));
      for (const verdict of await app.captureGroup(inputs))
        captured.push('eventId' in verdict ? verdict.eventId : expect.fail('not captured'));
      if (now === BEHIND) await app.drain(PASS);
    }
    expect(new Set(captured).size, 'ids').to.equal(140);
    expect(await app.drain(PASS)).to.include({ unsent: 0, transient: 0 });
    expect(receiver.posts.flat()).to.deep.equal(captured);
    assertLedgerInvariant(await openCore(cli.home));
  });

  it('lets gc have nothing that a target lacks', async () => {
    const core = await givenEvents(5);
    const clock = new TestClock();
    clock.now = BEHIND;
    await drainWith(core, new ScriptedReceiver(), { clock });
    await core.journal.append(newEvents(3, 'unsent'), 'capture');
    const scope = { ...ANY_AGE, capturedBy: AHEAD };
    expect(await collect(new SqliteRetention(core.db), scope, AHEAD, NO_CONTROL)).to.include({
      events: 5,
    });
    expect(row(core, 'SELECT count(*) AS n FROM payload')).to.deep.equal({ n: 3 });
    assertLedgerInvariant(core);
  });
});

const NO_ID = '{"event_type":"T"}';
const PASS = { ignoreBackoff: true, waitForLock: true, signal: new AbortController().signal };
