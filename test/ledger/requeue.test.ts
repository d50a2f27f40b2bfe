import { expect } from 'chai';
import { observeSteps } from '../../src/base/steps.js';
import type { EventFilter } from '../../src/journal/event-filter.js';
import type { RequeueCounts, RequeueKind } from '../../src/ledger/requeue.js';
import { type Core, givenTarget, openCore, row, rows } from '../support/core.js';
import { drainWith, TestClock } from '../support/drains.js';
import { newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';

interface DeliveryRow {
  readonly seq: number;
  readonly status: string;
  readonly generation: number;
  readonly last_error: string | null;
  readonly attempt_count: number;
  readonly next_attempt_at: number | null;
}

const deliveries = (core: Core): DeliveryRow[] =>
  rows<DeliveryRow>(core, 'SELECT * FROM delivery ORDER BY target_id, seq');

/** Counts first, then acts: both must name the same set. */
async function requeueBoth(
  core: Core,
  kind: RequeueKind,
  filter: EventFilter = {},
  targetId = 1,
): Promise<RequeueCounts> {
  const request = { kind, targetId, filter, now: 20_000 };
  const expected = await core.requeue.count(request);
  const done = await core.requeue.requeue(request);
  expect(done).to.deep.equal(expected);
  assertLedgerInvariant(core);
  return done;
}

async function givenDrained(
  count: number,
  verdict: (eventId: string) => Parameters<typeof results>[1] = () => () => ({ kind: 'success' }),
): Promise<{ core: Core; receiver: ScriptedReceiver }> {
  const core = await openCore();
  await givenTarget(core);
  await core.journal.append(newEvents(count), 'capture');
  const receiver = new ScriptedReceiver();
  receiver.answer = (batch) => results(batch, (event) => verdict(event.eventId)(event));
  await drainWith(core, receiver);
  assertLedgerInvariant(core);
  return { core, receiver };
}

const later = (): TestClock => Object.assign(new TestClock(), { now: 30_000 });

describe('retry', () => {
  it('makes due what failed for good, with its story kept, and the next pass delivers it', async () => {
    const { core, receiver } = await givenDrained(3, () => () => ({
      kind: 'terminal_failed',
      reason: 'too large',
    }));
    expect(await requeueBoth(core, 'retry')).to.deep.equal({
      selected: 3,
      by_status: { terminal_failed: 3 },
      in_flight: 0,
      already_marked: 0,
      not_live: {},
    });
    for (const delivery of deliveries(core))
      expect(delivery).to.include({
        status: 'failed_transient',
        last_error: 'too large',
        attempt_count: 1,
        next_attempt_at: 20_000,
        generation: 1,
      });
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    await drainWith(core, receiver, { clock: later(), ignoreBackoff: false });
    expect(deliveries(core).map(({ status }) => status)).to.deep.equal(Array(3).fill('success'));
    assertLedgerInvariant(core);
  });
});

describe('replay', () => {
  it('shows a rejection of the new generation as such and keeps the old success', async () => {
    const { core, receiver } = await givenDrained(2);
    await requeueBoth(core, 'replay');
    receiver.answer = (batch) =>
      results(batch, ({ eventId }) =>
        eventId === 'e-000001' ? { kind: 'rejected', reason: 'not here' } : { kind: 'success' },
      );
    await drainWith(core, receiver, { clock: later() });
    expect(deliveries(core).map(({ status, generation }) => [status, generation])).to.deep.equal([
      ['rejected', 2],
      ['success', 2],
    ]);
    const history = rows(core, 'SELECT seq, status, generation FROM delivery_history ORDER BY seq');
    expect(history).to.deep.equal([
      { seq: 1, status: 'success', generation: 1 },
      { seq: 2, status: 'success', generation: 1 },
    ]);
    assertLedgerInvariant(core);
  });

  it('works in transactions of its own, and running it again does the rest', async () => {
    const { core } = await givenDrained(4_100);
    let steps = 0;
    observeSteps((name) => {
      if (name === 'requeue.page' && ++steps === 2) throw new Error('killed here');
    });
    const request = { kind: 'replay', targetId: 1, filter: {}, now: 20_000 } as const;
    expect(await core.requeue.requeue(request).catch((error: Error) => error.message)).to.equal(
      'killed here',
    );
    observeSteps(undefined);
    assertLedgerInvariant(core);
    expect(row(core, 'SELECT count(*) AS n FROM todo')).to.deep.equal({ n: 2_000 });
    expect(await requeueBoth(core, 'replay')).to.include({
      selected: 2_100,
      already_marked: 2_000,
    });
  });
});
