import { expect } from 'chai';
import { collect, survey } from '../../src/retention/collecting.js';
import { scopeOf } from '../../src/retention/scope.js';
import { SPAN } from '../../src/retention/spans.js';
import { givenTarget, row, rows } from '../support/core.js';
import { newEvent, newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import {
  ANY_AGE,
  classes,
  delivered,
  EVEN_UNDELIVERED,
  givenDelivered,
  history,
  NO_CONTROL,
  openKeeping,
  retained,
} from './given-journal.js';

describe('gc', () => {
  it('purges the bytes of what every target has, and keeps everything else', async () => {
    const keeping = await givenDelivered(1_203);
    const before = history(keeping);
    const expected = row(keeping, 'SELECT sum(size) AS bytes FROM event');

    const found = await survey(keeping.retention, ANY_AGE, NO_CONTROL);
    expect(found).to.include({ events: 1_203, coalesced: 0, undelivered: 0, ...expected });
    expect(retained(keeping)).to.have.length(1_203);
    const gone = await collect(keeping.retention, ANY_AGE, 5_000, NO_CONTROL);

    expect(gone).to.deep.equal(found);
    expect(retained(keeping)).to.deep.equal([]);
    expect(classes(keeping)).to.deep.equal({ purged: 1_203 });
    expect(history(keeping)).to.deep.equal(before);
    expect(row(keeping, 'SELECT kind, at, length(canonical_sha256) AS n FROM purge')).to.deep.equal(
      {
        kind: 'gc',
        at: 5_000,
        n: 32,
      },
    );
    assertLedgerInvariant(keeping);
    expect(await collect(keeping.retention, ANY_AGE, 6_000, NO_CONTROL)).to.include({ events: 0 });
  });

  it('leaves purged events out of every later drain, also of a new target', async () => {
    const keeping = await givenDelivered(5);
    await collect(keeping.retention, ANY_AGE, 5_000, NO_CONTROL);
    await givenTarget(keeping, 'b');
    expect(await delivered(keeping, 2)).to.deep.equal([]);
    assertLedgerInvariant(keeping);
  });

  it('knows the same content again after a purge, and another content too', async () => {
    const keeping = await givenDelivered(1);
    await collect(keeping.retention, ANY_AGE, 5_000, NO_CONTROL);
    const spelt = Buffer.from('{ "event_type":"WPStatusChanged", "event_id":"e-000001" }');
    const other = Buffer.from('{"event_id":"e-000001","event_type":"Other"}');
    const verdicts = await keeping.journal.append(
      [newEvent('e-000001', { bytes: spelt }), newEvent('e-000001', { bytes: other })].map(
        (event) => ({ ...event, sha256: Buffer.alloc(32, event.bytes.length) }),
      ),
      'capture',
    );
    expect(verdicts).to.deep.equal(['duplicate', 'conflict']);
  });

  it('waits for every target that was not retired', async () => {
    const keeping = await givenDelivered(4);
    const second = await givenTarget(keeping, 'b');
    expect(await collect(keeping.retention, ANY_AGE, 5_000, NO_CONTROL)).to.include({ events: 0 });
    await keeping.db.write((db) =>
      db.prepare('UPDATE target SET retired_at = 1 WHERE id = ?').run(second.id),
    );
    expect(await collect(keeping.retention, ANY_AGE, 5_000, NO_CONTROL)).to.include({ events: 4 });
    assertLedgerInvariant(keeping);
  });

  it('does nothing without a target, or when all of them are retired', async () => {
    const keeping = await openKeeping();
    await keeping.journal.append(newEvents(3), 'capture');
    expect(await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL)).to.include({ events: 0 });
    const other = await givenDelivered(3);
    await other.db.write((db) => db.prepare('UPDATE target SET retired_at = 1').run());
    expect(await collect(other.retention, ANY_AGE, 1, NO_CONTROL)).to.include({ events: 0 });
  });

  it('keeps what was captured in the last days', async () => {
    const day = 86_400_000;
    const now = 100 * day;
    const keeping = await openKeeping();
    await givenTarget(keeping);
    for (const age of [40, 31, 30, 29, 0])
      await keeping.journal.append(
        [newEvent(`age-${age}`, { capturedAt: now - age * day })],
        'capture',
      );
    await delivered(keeping, 1);
    await collect(keeping.retention, scopeOf(now, 30), now, NO_CONTROL);
    expect(retained(keeping)).to.deep.equal(['age-29', 'age-0']);
    assertLedgerInvariant(keeping);
  });

  it('purges coalesced events, which stay coalesced', async () => {
    const keeping = await openKeeping();
    await keeping.journal.append(newEvents(3, 'c', { coalesceKey: 'k' }), 'capture');
    const gone = await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL);
    expect(gone).to.include({ events: 2, coalesced: 2 });
    expect(retained(keeping)).to.deep.equal(['c-000003']);
    expect(classes(keeping)).to.deep.equal({ coalesced: 2, live: 1 });
    assertLedgerInvariant(keeping);
  });

  it('leaves an event whose bytes are damaged to verify', async () => {
    const keeping = await givenDelivered(3);
    await keeping.db.write((db) =>
      db.exec(`DROP TRIGGER payload_no_update; UPDATE payload SET bytes = 'x' WHERE seq = 2`),
    );
    expect(await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL)).to.include({
      events: 2,
      damaged: 1,
    });
    expect(retained(keeping)).to.deep.equal(['e-000002']);
  });

  it('stops between two chunks when it is told to, and goes on later', async () => {
    const keeping = await givenDelivered(1_100);
    const controller = new AbortController();
    const control = { signal: controller.signal, progress: () => controller.abort() };
    const first = await collect(keeping.retention, ANY_AGE, 1, control);
    expect(first).to.include({ events: SPAN, interrupted: true });
    assertLedgerInvariant(keeping);
    const rest = await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL);
    expect(rest).to.include({ events: 1_100 - SPAN, interrupted: false });
    assertLedgerInvariant(keeping);
  });

  describe('never purges or archives', () => {
    const OUTCOMES = [
      { kind: 'rejected', reason: 'r' },
      { kind: 'terminal_failed', reason: 'r' },
      { kind: 'transient', reason: 'r' },
      { kind: 'pending', serverState: 'queued' },
    ] as const;

    for (const outcome of OUTCOMES)
      it(`${outcome.kind} events, by any scope`, async () => {
        const keeping = await openKeeping();
        await givenTarget(keeping);
        await keeping.journal.append(newEvents(3), 'capture');
        const receiver = new ScriptedReceiver();
        receiver.answer = (batch) => results(batch, () => outcome);
        await delivered(keeping, 1, receiver);
        await assertNothingGoes(keeping);
      });

    it('unsent events, by any scope', async () => {
      const keeping = await openKeeping();
      await givenTarget(keeping);
      await keeping.journal.append(newEvents(3), 'capture');
      await assertNothingGoes(keeping);
    });

    it('events on the wire, not even to an archive', async () => {
      const keeping = await givenDelivered(3);
      await keeping.db.write((db) =>
        db.exec(`INSERT INTO flight VALUES (1, 'claim', '[[1,3]]', 1)`),
      );
      await assertNothingGoes(keeping);
      expect(await survey(keeping.retention, EVEN_UNDELIVERED, NO_CONTROL)).to.include({
        events: 0,
      });
    });

    it('events that are to be replayed, not even to an archive', async () => {
      const keeping = await givenDelivered(3);
      const originId = row<{ id: number }>(keeping, 'SELECT id FROM origin').id;
      await keeping.db.write((db) => {
        for (const seq of [1, 2, 3])
          db.prepare(`INSERT INTO todo VALUES (1, ?, ?, 1, 0, 'any', 1)`).run(seq, originId);
      });
      await assertNothingGoes(keeping);
      expect(await survey(keeping.retention, EVEN_UNDELIVERED, NO_CONTROL)).to.include({
        events: 0,
      });
    });

    async function assertNothingGoes(keeping: Awaited<ReturnType<typeof openKeeping>>) {
      for (const scope of [ANY_AGE, EVEN_UNDELIVERED]) {
        const gone = await collect(keeping.retention, scope, 1, NO_CONTROL);
        expect(gone.events).to.equal(0);
        const forced = await keeping.retention.purge([1, 2, 3], scope, { kind: 'gc' }, 1);
        expect(forced.events).to.equal(0);
      }
      expect(retained(keeping)).to.have.length(3);
      expect(rows(keeping, 'SELECT * FROM purge')).to.deep.equal([]);
      assertLedgerInvariant(keeping);
    }
  });

  it('drops what a retired target still wanted', async () => {
    const keeping = await givenDelivered(2);
    await givenTarget(keeping, 'b');
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'r' }));
    await delivered(keeping, 2, receiver);
    await keeping.db.write((db) => db.exec('UPDATE target SET retired_at = 1 WHERE id = 2'));
    await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL);
    expect(rows(keeping, 'SELECT * FROM todo')).to.deep.equal([]);
    expect(rows(keeping, 'SELECT status FROM delivery WHERE target_id = 2')).to.have.length(2);
    assertLedgerInvariant(keeping);
  });
});
