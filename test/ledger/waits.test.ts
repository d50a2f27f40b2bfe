import { expect } from 'chai';
import { Waits } from '../../src/dispatch/waits.js';
import { SqliteLedger } from '../../src/sqlite/ledger/delivery-ledger.js';
import { type Core, givenTarget, openCore, rows } from '../support/core.js';
import { newEvents } from '../support/events.js';
import { beginPass, claim, settle, TRANSIENT } from './hand-drain.js';

const HOUR = 3_600_000;
const SEVERAL_HOURS = new Waits({ backoffMs: 9 * HOUR, circuitMs: 1_000, retryAfterMs: 1_000 });

const dues = (core: Core): unknown[] => rows(core, 'SELECT seq, due_at FROM todo ORDER BY seq');

describe('retries that wait', () => {
  it('for longer than an hour, where the cap says so: a pass leaves them alone', async () => {
    const plain = await openCore();
    const core = { ...plain, ledger: new SqliteLedger(plain.db, () => 0.99, SEVERAL_HOURS) };
    await givenTarget(core);
    await core.journal.append(newEvents(3), 'capture');
    for (let now = 0, tries = 0; tries < 13; tries += 1, now += 10 * HOUR) {
      const pass = await beginPass(core, 1, now);
      const claimed = await claim(core, pass, { now });
      if (claimed !== undefined) await settle(core, pass, claimed, TRANSIENT, { now });
    }
    const before = dues(core);
    expect(before).to.deep.include({
      seq: 1,
      due_at: 120 * HOUR + Math.ceil(0.99 * 2 ** 12 * 2_000),
    });
    await beginPass(core, 1, 120 * HOUR + 1);
    expect(dues(core)).to.deep.equal(before);
  });

  it('for a wrong clock, however many: all of them are due at once', async () => {
    const core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(4_500), 'capture');
    const ahead = await beginPass(core, 1, 1_000 * HOUR);
    const limits = { maxEvents: 4_500, maxBytes: 8_000_000 };
    const claimed = await claim(core, ahead, { limits, now: 1_000 * HOUR });
    if (claimed !== undefined) await settle(core, ahead, claimed, TRANSIENT, { now: 1_000 * HOUR });
    await beginPass(core, 1, HOUR);
    expect(rows(core, 'SELECT DISTINCT due_at FROM todo')).to.deep.equal([{ due_at: HOUR }]);
    expect(rows(core, 'SELECT 1 FROM todo')).to.have.length(4_500);
  });
});

describe('a post that was interrupted', () => {
  const postsOf = (core: Core): unknown[] =>
    rows(core, 'SELECT started_at, duration_ms, first_seq, last_seq FROM post');

  it('is dated by its start, and lasts until it was found', async () => {
    const core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(3), 'capture');
    await claim(core, await beginPass(core, 1, 1_000), { now: 1_500 });
    await beginPass(core, 1, 9_000);
    expect(postsOf(core)).to.deep.equal([
      { started_at: 1_500, duration_ms: 7_500, first_seq: 1, last_seq: 3 },
    ]);
    expect(
      rows(core, 'SELECT DISTINCT first_attempted_at AS at, next_attempt_at AS due FROM delivery'),
    ).to.deep.equal([{ at: 1_500, due: 9_000 }]);
  });

  it('in the middle of a claim: began when the one before it was settled', async () => {
    const core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(3), 'capture');
    const pass = await beginPass(core, 1, 1_000);
    const claimed = await claim(core, pass, { now: 1_500 });
    const events = claimed?.events.slice(0, 1) ?? [];
    if (claimed !== undefined) await settle(core, pass, claimed, TRANSIENT, { events, now: 2_000 });
    await beginPass(core, 1, 9_000);
    expect(postsOf(core)).to.deep.include({
      started_at: 2_000,
      duration_ms: 7_000,
      first_seq: 2,
      last_seq: 3,
    });
  });

  it('by a clock that was ahead: has no negative length', async () => {
    const core = await openCore();
    await givenTarget(core);
    await core.journal.append(newEvents(1), 'capture');
    await claim(core, await beginPass(core, 1, 1_000), { now: 50_000 });
    await beginPass(core, 1, 9_000);
    expect(postsOf(core)).to.deep.equal([
      { started_at: 9_000, duration_ms: 0, first_seq: 1, last_seq: 1 },
    ]);
  });
});
