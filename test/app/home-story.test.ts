import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { runArchive } from '../../src/app/archive.js';
import { readConflicts, resolveConflict } from '../../src/app/conflicts.js';
import { runGc } from '../../src/app/gc.js';
import { previewRedact, runRedact } from '../../src/app/redact.js';
import { previewRestore, runRestore } from '../../src/app/restore.js';
import { readStatus } from '../../src/app/status.js';
import { verify } from '../../src/app/verify.js';
import { envelopes, externalTo, givenRedrain, writeConfig } from '../library/given-redrain.js';
import { NO_CONTROL } from '../retention/given-journal.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { results } from '../support/scripted-receiver.js';
import { closeAfterTest } from '../support/temporary-home.js';

const DAY = 86_400_000;
/** Everything that is older than a day. */
const OLD = { keepDays: 1 };

/** Two targets: the first has everything but one event that it refuses, the second has nothing yet. */
async function givenTwoTargets(on: EngineHomes) {
  const given = await givenRedrain({ on });
  const { home, redrain, receiver, clock } = given;
  await redrain.captureMany(envelopes(8, 'old'));
  clock.now += 3 * DAY;
  await redrain.captureMany(envelopes(4, 'new'));
  receiver.answer = (batch) =>
    results(batch, ({ eventId }) =>
      eventId === 'new3' ? { kind: 'rejected', reason: 'no such lane' } : { kind: 'success' },
    );
  await redrain.drain();
  const { now } = clock;
  const app = new App({ home, env: on.env(home), now: () => now, receiver: () => receiver });
  closeAfterTest(() => app.close());
  return { ...given, app };
}

const expectWhole = async (on: EngineHomes, app: App): Promise<void> => {
  const { ok, verdict, checks } = await verify(app, NO_CONTROL);
  expect(ok, `${verdict} ${JSON.stringify(checks.filter((one) => !one.ok))}`).to.equal(true);
  const { delivery_ledger: ledger } = await readStatus(app);
  if ('error' in ledger) throw new Error(ledger.error);
  expect(ledger.per_target.map((target) => target.adds_up)).to.not.include(false);
  await on.assertInvariant(app.paths.home);
};

describeOnEachHome('the story of a home', (on) => {
  it('gc: what every target has goes, its digest stays, and a new target does not get it', async () => {
    const { home, redrain, receiver, app } = await givenTwoTargets(on);
    expect(await runGc(app, { ...OLD, vacuum: false }, NO_CONTROL)).to.include({ events: 8 });
    await expectWhole(on, app);
    expect((await redrain.status()).event_journal).to.include({ retained_event_count: 4 });
    expect((await redrain.inspect('old0'))?.revisions[0]).to.include({
      class: 'purged',
      bytes: null,
    });
    expect(await redrain.capture({ event_id: 'old0', event_type: 'WPStatusChanged' })).to.include({
      kind: 'duplicate',
    });
    writeConfig(home, externalTo('http://b.test/in'));
    receiver.posts.length = 0;
    await redrain.drain();
    expect(receiver.posts.flat()).to.deep.equal(['new0', 'new1', 'new2', 'new3']);
    await expectWhole(on, app);
  });

  it('archive and restore: there and back, byte for byte, and then it is sent', async () => {
    const { home, redrain, receiver, app } = await givenTwoTargets(on);
    const read = () => on.rows<{ seq: number; bytes: Buffer }>(home, PAYLOADS);
    const before = await read();
    const { archives, events } = await runArchive(
      app,
      { ...OLD, includeUndelivered: false },
      NO_CONTROL,
    );
    expect(events).to.equal(8);
    await expectWhole(on, app);
    expect(await read()).to.have.length(4);
    writeConfig(home, externalTo('http://b.test/in'));
    receiver.posts.length = 0;
    await redrain.drain();
    expect(receiver.posts.flat()).to.have.length(4);
    const ids = archives.map(({ id }) => id);
    expect((await previewRestore(app, ids, NO_CONTROL)).archives[0]).to.include({ restored: 8 });
    expect(await read()).to.have.length(4);
    expect((await runRestore(app, ids, NO_CONTROL)).archives[0]).to.include({ restored: 8 });
    expect(await read()).to.deep.equal(before);
    await expectWhole(on, app);
    receiver.posts.length = 0;
    await redrain.drain();
    expect(receiver.posts.flat().sort()).to.include.members(envelopes(8, 'old').map(idOf));
  });

  it('redact: the bytes go, from the journal and the archive, and who has them is named', async () => {
    const { home, redrain, app } = await givenTwoTargets(on);
    await runArchive(app, { ...OLD, includeUndelivered: false }, NO_CONTROL);
    const { signal } = NO_CONTROL;
    for (const id of ['old2', 'new1']) {
      expect((await previewRedact(app, id)).seen_by).to.have.length(1);
      const { seen_by, archives, remains } = await runRedact(app, id, 'a secret', signal);
      expect(seen_by[0]).to.include({ target_name: 'a.test', status: 'success' });
      expect([archives.length, remains]).to.deep.equal([id === 'old2' ? 1 : 0, []]);
      expect((await redrain.inspect(id))?.revisions[0]).to.include({
        class: 'redacted',
        bytes: null,
      });
    }
    await expectWhole(on, app);
    const held = await on.rows(home, `${PAYLOADS_OF} WHERE event_id IN ('old2', 'new1')`);
    expect(held).to.deep.equal([]);
  });

  it('a conflict: both sides are kept, and what is decided goes to whoever has neither', async () => {
    const { home, redrain, receiver, app } = await givenTwoTargets(on);
    const other = { event_id: 'new0', event_type: 'WPStatusChanged', lane: 'done' };
    expect(await redrain.capture(other)).to.include({ kind: 'conflict' });
    expect(await readConflicts(app, { all: false, limit: 9 })).to.include({ count: 1 });
    receiver.posts.length = 0;
    await redrain.drain();
    expect(receiver.posts.flat(), 'nothing is decided').to.deep.equal(['new3']);
    await resolveConflict(app, 'new0', 'incoming', true);
    await expectWhole(on, app);
    expect(await readConflicts(app, { all: false, limit: 9 })).to.include({ count: 0 });
    receiver.posts.length = 0;
    await redrain.drain();
    expect(receiver.posts.flat(), 'it has the first one').to.deep.equal(['new3']);
    const sent: string[] = [];
    receiver.answer = (batch) => {
      for (const one of batch) if (one.eventId === 'new0') sent.push(one.bytes.toString());
      return results(batch, () => ({ kind: 'success' }));
    };
    writeConfig(home, externalTo('http://b.test/in'));
    expect(await redrain.drain()).to.include({ delivered: 12 });
    expect(sent).to.deep.equal([JSON.stringify(other)]);
    const deliveries = await on.rows(
      home,
      `SELECT target_id, revision, status FROM delivery JOIN event USING (seq)
       WHERE event_id = 'new0' ORDER BY target_id, revision`,
    );
    expect(deliveries).to.deep.equal([
      { target_id: 1, revision: 1, status: 'success' },
      { target_id: 1, revision: 2, status: 'withheld' },
      { target_id: 2, revision: 2, status: 'success' },
    ]);
    await expectWhole(on, app);
  });
});

const PAYLOADS = 'SELECT seq, bytes FROM payload ORDER BY seq';
const PAYLOADS_OF = 'SELECT event_id FROM payload JOIN event USING (seq)';
const idOf = (event: Record<string, unknown>): unknown => event.event_id;
