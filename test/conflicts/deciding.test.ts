import { expect } from 'chai';
import { beginPass, claim } from '../ledger/hand-drain.js';
import { givenTarget } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { describeOnEachEngine, type EngineCore } from '../support/each-engine.js';
import { newEvent } from '../support/events.js';
import { ScriptedReceiver } from '../support/scripted-receiver.js';

const FIRST = Buffer.from('{"event_id":"e","n":1}');
const SECOND = Buffer.from('{"event_id":"e","n":2}');

describeOnEachEngine('the rows of a decision on a conflict', (open) => {
  let core: EngineCore;
  beforeEach(async () => {
    core = await open();
    await core.journal.append([newEvent('before'), newEvent('e', { bytes: FIRST })], 'capture');
    await core.journal.append([newEvent('e', { bytes: SECOND })], 'capture');
  });
  afterEach(() => core.assertInvariant());

  it('for the journal are one entry of the audit log, and no event changes', async () => {
    const events = await core.rows('SELECT * FROM event ORDER BY seq');
    await core.conflicts.decide('e', 'journal', 5_000);
    await core.conflicts.decide('e', 'journal', 6_000);
    expect(await core.rows('SELECT * FROM event ORDER BY seq')).to.deep.equal(events);
    expect(await core.rows('SELECT action, event_id, at FROM audit')).to.deep.equal([
      { action: 'conflict_resolved', event_id: 'e', at: 5_000 },
    ]);
  });

  it('for the incoming payload are a new event, and a mark on the old one', async () => {
    const before = await core.row('SELECT * FROM event WHERE seq = 2');
    await core.conflicts.decide('e', 'incoming', 5_000);
    expect(await core.row('SELECT * FROM event WHERE seq = 2')).to.deep.equal(before);
    expect(await core.row('SELECT * FROM mark')).to.deep.equal({
      seq: 2,
      class: 'replaced',
      other_seq: 3,
      at: 5_000,
    });
    expect(
      await core.row('SELECT revision, source, carries_id FROM event WHERE seq = 3'),
    ).to.deep.equal({ revision: 2, source: 'decision', carries_id: 1 });
    const { bytes } = await core.row<{ bytes: Buffer }>('SELECT bytes FROM payload WHERE seq = 3');
    expect(bytes.equals(SECOND)).to.equal(true);
  });

  it('leave the delivery of the old revision as it was', async () => {
    const target = await givenTarget(core);
    await drainWith(core, new ScriptedReceiver(), {
      target: { id: target.id, url: target.canonicalUrl },
    });
    const delivery = await core.row('SELECT * FROM delivery WHERE seq = 2');
    await core.conflicts.decide('e', 'incoming', 5_000);
    expect(await core.row('SELECT * FROM delivery WHERE seq = 2')).to.deep.equal(delivery);
  });

  it('withhold the new revision where the old one is in flight, until that is given back', async () => {
    const target = await givenTarget(core);
    const pass = await beginPass(core, target.id);
    const claimed = (await claim(core, pass)) ?? expect.fail('nothing was claimed');
    await core.conflicts.decide('e', 'incoming', 5_000);
    expect(await core.rows('SELECT seq, status FROM delivery')).to.deep.equal([
      { seq: 3, status: 'withheld' },
    ]);
    await core.ledger.release(pass, claimed, claimed.events);
    expect(await core.rows('SELECT * FROM delivery')).to.deep.equal([]);
  });
});
