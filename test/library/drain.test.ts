import { expect } from 'chai';
import type { DrainReport } from '../../src/index.js';
import { UnknownTargetError } from '../../src/index.js';
import { describeOnEachHome } from '../support/each-engine.js';
import { results, transient } from '../support/scripted-receiver.js';
import { envelopes, externalTo, givenRedrain, writeConfig } from './given-redrain.js';

const DELIVERIES = `
  SELECT target_id, status, accepted_at FROM delivery ORDER BY target_id, seq`;

describeOnEachHome('drain from a program', (on) => {
  it('delivers through the receiver it was given, by the clock it was given', async () => {
    const { home, redrain, receiver, asked, clock } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(3));
    const report = await redrain.drain();
    expect(report).to.include({ target_id: 1, selected: 3, delivered: 3, posts: 1, unsent: 0 });
    expect(receiver.posts).to.deep.equal([['e0', 'e1', 'e2']]);
    expect(asked.map((target) => target.canonicalUrl)).to.deep.equal(['http://a.test/in']);
    expect(await on.rows(home, DELIVERIES)).to.deep.equal(
      new Array(3).fill({ target_id: 1, status: 'success', accepted_at: clock.now }),
    );
  });

  it('has nothing to do the second time, and everything after a change of endpoint', async () => {
    const { home, redrain, receiver } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(5));
    await redrain.drain();
    expect(await redrain.drain()).to.include({ selected: 0, posts: 0 });
    writeConfig(home, externalTo('http://b.test/in'));
    expect(await redrain.drain()).to.include({ target_id: 2, delivered: 5 });
    expect(receiver.posts).to.have.length(2);
    expect(await redrain.drain({ target: 1 })).to.include({ target_id: 1, posts: 0 });
  });

  it('stops at its limit', async () => {
    const { redrain } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(10));
    expect(await redrain.drain({ limit: 4 })).to.include({ delivered: 4, unsent: 6 });
  });

  it('counts what it would send without sending or writing', async () => {
    const { home, redrain, receiver } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(10));
    expect(await redrain.drain({ dryRun: true })).to.include({
      selected: 10,
      unsent: 10,
      posts: 0,
    });
    expect(await redrain.drain({ dryRun: true, limit: 3 })).to.include({ selected: 3 });
    expect(receiver.posts).to.deep.equal([]);
    expect(await on.rows(home, 'SELECT * FROM target')).to.deep.equal([]);
  });

  it('refuses a target nobody knows', async () => {
    const { redrain } = await givenRedrain({ on });
    await redrain.capture({ event_id: 'a', event_type: 'T' });
    for (const dryRun of [true, false]) {
      const failure = await redrain.drain({ target: 77, dryRun }).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(UnknownTargetError);
    }
  });

  it('waits for the time of a retry only when it is asked to', async () => {
    const { redrain, receiver, clock } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(2));
    receiver.answer = (batch) => transient(batch);
    expect(await redrain.drain()).to.include({ transient: 2 });
    expect(await redrain.drain({ honourBackoff: true })).to.include({ selected: 0 });
    clock.now += 3_600_000;
    receiver.answer = (batch) => results(batch, () => ({ kind: 'success' }));
    expect(await redrain.drain({ honourBackoff: true })).to.include({ delivered: 2 });
  });

  it('finishes the batch in flight when it is interrupted, and tells so', async () => {
    const { redrain, receiver } = await givenRedrain({ on });
    receiver.limits = { maxEvents: 2, maxBytes: 100_000 };
    await redrain.captureMany(envelopes(6));
    const interrupt = new AbortController();
    receiver.answer = (batch) => {
      interrupt.abort();
      return results(batch, () => ({ kind: 'success' }));
    };
    const report = await redrain.drain({ signal: interrupt.signal });
    expect(report).to.include({ delivered: 2, posts: 1, interrupted: true, unsent: 4 });
  });

  it('reports progress after each batch', async () => {
    const { redrain, receiver } = await givenRedrain({ on });
    receiver.limits = { maxEvents: 2, maxBytes: 100_000 };
    await redrain.captureMany(envelopes(5));
    const seen: number[] = [];
    await redrain.drain({ onProgress: (report: DrainReport) => seen.push(report.delivered) });
    expect(seen).to.deep.equal([2, 4, 5]);
  });

  it('goes on while the same program captures, and ends at the head it began with', async () => {
    const { home, redrain, receiver } = await givenRedrain({ on });
    receiver.limits = { maxEvents: 10, maxBytes: 100_000 };
    await redrain.captureMany(envelopes(30, 'early'));
    let late = 0;
    receiver.answer = async (batch) => {
      await redrain.captureMany(envelopes(10, `late${late++}-`));
      return results(batch, () => ({ kind: 'success' }));
    };
    expect(await redrain.drain()).to.include({ delivered: 30, unsent: 30 });
    expect(await on.rows(home, `SELECT source FROM event WHERE source <> 'capture'`)).to.deep.equal(
      [],
    );
  });

  it('twice at the same time delivers each event once', async () => {
    const { redrain, receiver } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(20));
    const reports = await Promise.all([redrain.drain(), redrain.drain()]);
    expect(reports.map((report) => report.delivered).sort()).to.deep.equal([0, 20]);
    expect(receiver.posts.flat()).to.have.length(20);
  });

  // A server that cannot be reached: test/postgres/home.test.ts.
  if (on.engine === 'SQLite')
    it('takes in what waits in the spool before it selects', async () => {
      const { home, redrain } = await givenRedrain({ on, storage: { maxPages: 1 } });
      const long = { event_id: 'spooled', event_type: 'T', text: 'x'.repeat(100_000) };
      expect(await redrain.captureMany([long])).to.include({ spooled: 1 });
      await redrain.close();
      const next = await givenRedrain({ on, home });
      expect(await next.redrain.drain()).to.include({ delivered: 1 });
      expect(next.receiver.posts).to.deep.equal([['spooled']]);
    });
});
