import { expect } from 'chai';
import { collect, SPAN, survey } from '../../src/retention/collecting.js';
import { scopeOf } from '../../src/retention/scope.js';
import { givenTarget } from '../support/core.js';
import { describeOnEachEngine } from '../support/each-engine.js';
import { newEvent, newEvents } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import {
  ANY_AGE,
  classes,
  delivered,
  givenDelivered,
  history,
  NO_CONTROL,
  openKeeping,
  retained,
} from './given-journal.js';

describeOnEachEngine('gc', (open) => {
  it('purges the bytes of what every target has, and keeps everything else', async () => {
    const keeping = await givenDelivered(open, 1_203);
    const before = await history(keeping);
    const expected = await keeping.row('SELECT sum(size) AS bytes FROM event');

    const found = await survey(keeping.retention, ANY_AGE, NO_CONTROL);
    expect(found).to.include({ events: 1_203, coalesced: 0, undelivered: 0, ...expected });
    expect(await retained(keeping)).to.have.length(1_203);
    const gone = await collect(keeping.retention, ANY_AGE, 5_000, NO_CONTROL);

    expect(gone).to.deep.equal(found);
    expect(await retained(keeping)).to.deep.equal([]);
    expect(await classes(keeping)).to.deep.equal({ purged: 1_203 });
    expect(await history(keeping)).to.deep.equal(before);
    expect(
      await keeping.row('SELECT kind, at, length(canonical_sha256) AS n FROM purge'),
    ).to.deep.equal({
      kind: 'gc',
      at: 5_000,
      n: 32,
    });
    await keeping.assertInvariant();
    expect(await collect(keeping.retention, ANY_AGE, 6_000, NO_CONTROL)).to.include({ events: 0 });
  });

  it('leaves purged events out of every later drain, also of a new target', async () => {
    const keeping = await givenDelivered(open, 5);
    await collect(keeping.retention, ANY_AGE, 5_000, NO_CONTROL);
    await givenTarget(keeping, 'b');
    expect(await delivered(keeping, 2)).to.deep.equal([]);
    await keeping.assertInvariant();
  });

  it('keeps what was captured in the last days', async () => {
    const day = 86_400_000;
    const now = 100 * day;
    const keeping = await openKeeping(open);
    await givenTarget(keeping);
    for (const age of [40, 31, 30, 29, 0])
      await keeping.journal.append(
        [newEvent(`age-${age}`, { capturedAt: now - age * day })],
        'capture',
      );
    await delivered(keeping, 1);
    await collect(keeping.retention, scopeOf(now, 30), now, NO_CONTROL);
    expect(await retained(keeping)).to.deep.equal(['age-29', 'age-0']);
    await keeping.assertInvariant();
  });

  it('purges coalesced events, which stay coalesced', async () => {
    const keeping = await openKeeping(open);
    await keeping.journal.append(newEvents(3, 'c', { coalesceKey: 'k' }), 'capture');
    const gone = await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL);
    expect(gone).to.include({ events: 2, coalesced: 2 });
    expect(await retained(keeping)).to.deep.equal(['c-000003']);
    expect(await classes(keeping)).to.deep.equal({ coalesced: 2, live: 1 });
    await keeping.assertInvariant();
  });

  it('leaves an event whose bytes are damaged to verify', async () => {
    const keeping = await givenDelivered(open, 3);
    await keeping.change(`UPDATE payload SET bytes = 'x' WHERE seq = 2`);
    expect(await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL)).to.include({
      events: 2,
      damaged: 1,
    });
    expect(await retained(keeping)).to.deep.equal(['e-000002']);
  });

  it('stops between two chunks when it is told to, and goes on later', async () => {
    const keeping = await givenDelivered(open, 1_100);
    const controller = new AbortController();
    const control = { signal: controller.signal, progress: () => controller.abort() };
    const first = await collect(keeping.retention, ANY_AGE, 1, control);
    expect(first).to.include({ events: SPAN, interrupted: true });
    await keeping.assertInvariant();
    const rest = await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL);
    expect(rest).to.include({ events: 1_100 - SPAN, interrupted: false });
    await keeping.assertInvariant();
  });

  it('drops what a retired target still wanted', async () => {
    const keeping = await givenDelivered(open, 2);
    await givenTarget(keeping, 'b');
    const receiver = new ScriptedReceiver();
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'r' }));
    await delivered(keeping, 2, receiver);
    await keeping.change('UPDATE target SET retired_at = 1 WHERE id = 2');
    await collect(keeping.retention, ANY_AGE, 1, NO_CONTROL);
    expect(await keeping.rows('SELECT * FROM todo')).to.deep.equal([]);
    expect(await keeping.rows('SELECT status FROM delivery WHERE target_id = 2')).to.have.length(2);
    await keeping.assertInvariant();
  });
});
