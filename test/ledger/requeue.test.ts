import { expect } from 'chai';
import { observeSteps } from '../../src/base/steps.js';
import type { EventFilter } from '../../src/journal/event-filter.js';
import type { RequeueCounts, RequeueKind } from '../../src/ledger/requeue.js';
import { recountCauses } from '../../src/sqlite/ledger/causes.js';
import {
  type Core,
  EVERYTHING_ALLOWED,
  givenTarget,
  openCore,
  row,
  rows,
} from '../support/core.js';
import { drainWith, TestClock } from '../support/drains.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
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

  it('takes rejected and transient ones too, without waiting for their backoff', async () => {
    const { core } = await givenDrained(2, (id) =>
      id === 'e-000001'
        ? () => ({ kind: 'rejected', reason: 'no' })
        : () => ({ kind: 'transient', reason: 'later' }),
    );
    const counts = await requeueBoth(core, 'retry');
    expect(counts).to.deep.include({
      selected: 2,
      by_status: { rejected: 1, failed_transient: 1 },
    });
    expect(deliveries(core).map(({ status }) => status)).to.deep.equal([
      'rejected',
      'failed_transient',
    ]);
    const due = rows<{ due_at: number }>(core, 'SELECT due_at FROM todo');
    for (const { due_at } of due) expect(due_at).to.be.at.most(20_000);
  });

  it('leaves delivered and pending ones alone', async () => {
    const { core } = await givenDrained(2, (id) =>
      id === 'e-000001'
        ? () => ({ kind: 'success' })
        : () => ({ kind: 'pending', serverState: 'q' }),
    );
    expect(await requeueBoth(core, 'retry')).to.include({ selected: 0 });
  });

  it('leaves alone what is on the wire', async () => {
    const { core, receiver } = await givenDrained(2, () => () => ({
      kind: 'rejected',
      reason: 'no',
    }));
    let seen: RequeueCounts | undefined;
    receiver.answer = async (batch) => {
      seen = await core.requeue.requeue({ kind: 'retry', targetId: 1, filter: {}, now: 20_000 });
      return results(batch, () => ({ kind: 'terminal_failed', reason: 'never' }));
    };
    await drainWith(core, receiver, { clock: later() });
    expect(seen).to.include({ selected: 0, in_flight: 2 });
    expect(deliveries(core).map(({ status }) => status)).to.deep.equal(
      Array(2).fill('terminal_failed'),
    );
    assertLedgerInvariant(core);
  });

  it('leaves alone what is no longer live, and says what it is', async () => {
    const { core } = await givenDrained(2, () => () => ({ kind: 'terminal_failed', reason: 'no' }));
    await archive(core, 1);
    expect(await requeueBoth(core, 'retry')).to.deep.include({
      selected: 1,
      not_live: { archived: 1 },
    });
  });
});

describe('replay', () => {
  it('marks delivered ones, sends nothing, and opens a new generation when they go out', async () => {
    const { core, receiver } = await givenDrained(4);
    expect(await requeueBoth(core, 'replay')).to.deep.include({
      selected: 4,
      by_status: { success: 4 },
    });
    expect(receiver.posts).to.have.length(1);
    expect(deliveries(core).every(({ status }) => status === 'success')).to.equal(true);
    expect(await core.ledger.backlog(1, EVERYTHING_ALLOWED)).to.include({
      retryable: 4,
      unsent: 0,
    });

    await drainWith(core, receiver, { clock: later() });
    expect(receiver.posts[1]).to.deep.equal(receiver.posts[0]);
    for (const delivery of deliveries(core))
      expect(delivery).to.include({ status: 'success', generation: 2 });
    assertLedgerInvariant(core);
    expect(await core.ledger.backlog(1, EVERYTHING_ALLOWED)).to.include({ retryable: 0 });
  });

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

  it('marks an event once, however often it is asked', async () => {
    const { core } = await givenDrained(3);
    await requeueBoth(core, 'replay', { seqs: [2] });
    expect(await requeueBoth(core, 'replay')).to.include({ selected: 2, already_marked: 1 });
    expect(await requeueBoth(core, 'replay')).to.include({ selected: 0, already_marked: 3 });
    expect(row(core, 'SELECT count(*) AS n FROM todo')).to.deep.equal({ n: 3 });
  });

  it('takes those only that the filter names', async () => {
    const core = await openCore();
    await givenTarget(core);
    await core.journal.append(
      [
        newEvent('a', { capturedAt: 1_000 }),
        newEvent('b', { capturedAt: 2_000, eventType: 'Other' }),
        newEvent('c', { capturedAt: 3_000, ...inProject('p') }),
      ],
      'capture',
    );
    await drainWith(core, new ScriptedReceiver());
    const selected = async (filter: EventFilter): Promise<number> =>
      (await core.requeue.count({ kind: 'replay', targetId: 1, filter, now: 20_000 })).selected;
    expect(await selected({ type: 'Other' })).to.equal(1);
    expect(await selected({ since: 2_000 })).to.equal(2);
    expect(await selected({ until: 2_000 })).to.equal(1);
    expect(await selected({ since: 2_000, until: 3_000 })).to.equal(1);
    expect(await selected({ originIds: [2] })).to.equal(1);
    expect(await selected({ originIds: [] })).to.equal(0);
    expect(await selected({ seqs: [1, 3], since: 2_000 })).to.equal(1);
  });

  it('does not reach what is archived', async () => {
    const { core } = await givenDrained(3);
    await archive(core, 2);
    expect(await requeueBoth(core, 'replay')).to.deep.include({
      selected: 2,
      not_live: { archived: 1 },
    });
  });

  it('touches no other target', async () => {
    const { core } = await givenDrained(1);
    const other = await givenTarget(core, 'b');
    const target = { id: other.id, url: other.canonicalUrl };
    await drainWith(core, new ScriptedReceiver(), { target });
    await requeueBoth(core, 'replay', {}, other.id);
    expect(rows(core, 'SELECT target_id FROM todo')).to.deep.equal([{ target_id: other.id }]);
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

/** Takes one event out of selection as an archive does, counters included. */
async function archive(core: Core, seq: number): Promise<void> {
  await core.db.write((db) => {
    db.prepare('DELETE FROM live WHERE seq = ?').run(seq);
    db.prepare(`INSERT INTO mark (seq, class, at) VALUES (?, 'archived', 1)`).run(seq);
    db.prepare(
      `INSERT INTO purge (seq, kind, at, canonical_sha256, detail) VALUES (?, 'archive', 1, x'00', 'a')`,
    ).run(seq);
    db.prepare('DELETE FROM payload WHERE seq = ?').run(seq);
    db.prepare('DELETE FROM todo WHERE seq = ?').run(seq);
    db.exec(`DELETE FROM ledger_count; DELETE FROM journal_count;
      INSERT INTO ledger_count SELECT d.target_id, e.origin_id, COALESCE(m.class, 'live'), d.status, count(*)
        FROM delivery d JOIN event e USING (seq) LEFT JOIN mark m USING (seq) GROUP BY 1, 2, 3, 4;
      INSERT INTO journal_count SELECT e.origin_id, COALESCE(m.class, 'live'), count(*), count(p.seq),
          COALESCE(sum(length(p.bytes)), 0)
        FROM event e LEFT JOIN mark m USING (seq) LEFT JOIN payload p USING (seq) GROUP BY 1, 2`);
    recountCauses(core.db);
  });
}
