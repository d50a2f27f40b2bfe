import { expect } from 'chai';
import type { NewEvent } from '../../src/journal/new-event.js';
import { givenTarget } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { describeOnEachEngine, type EngineCore } from '../support/each-engine.js';
import { inProject, newEvent } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';

const KEY = '["ArtifactIndexed","p","docs/spec.md"]';

describeOnEachEngine('coalescing', (open, engine) => {
  let core: EngineCore;
  let receiver: ScriptedReceiver;
  beforeEach(async () => {
    core = await open();
    await givenTarget(core);
    receiver = new ScriptedReceiver();
  });
  afterEach(() => core.assertInvariant());

  it('sends only the newest of unsent events with one key, and keeps the bytes of all', async () => {
    const events = ['one', 'two', 'three'].map((id) => keyed(id));
    for (const event of events) await core.journal.append([event], 'capture');
    const report = await drainWith(core, receiver);
    expect(report).to.include({ delivered: 1, unsent: 0 });
    expect(receiver.posts).to.deep.equal([['three']]);
    expect(await classes(core)).to.deep.equal({
      one: 'coalesced',
      two: 'coalesced',
      three: 'live',
    });
    expect(await storedBytes(core)).to.deep.equal(events.map((event) => event.bytes.toString()));
  });

  it('coalesces within one group as well', async () => {
    await core.journal.append([keyed('one'), keyed('two')], 'capture');
    expect(await classes(core)).to.deep.equal({ one: 'coalesced', two: 'live' });
  });

  it('freezes an event as soon as it is delivered, and sends the new one besides', async () => {
    await core.journal.append([keyed('one')], 'capture');
    await drainWith(core, receiver);
    await core.journal.append([keyed('two')], 'capture');
    expect(await classes(core)).to.deep.equal({ one: 'live', two: 'live' });
    expect(await supersessions(core)).to.deep.equal([{ earlier: 'one', later: 'two' }]);
    await drainWith(core, receiver);
    expect(receiver.posts).to.deep.equal([['one'], ['two']]);
  });

  for (const kind of ['pending', 'rejected', 'transient', 'terminal_failed'] as const) {
    it(`freezes an event that was attempted and is ${kind}`, async () => {
      await core.journal.append([keyed('one')], 'capture');
      receiver.answer = (batch) =>
        results(batch, () =>
          kind === 'pending' ? { kind, serverState: 'queued' } : { kind, reason: 'no' },
        );
      await drainWith(core, receiver);
      await core.journal.append([keyed('two')], 'capture');
      expect(await classes(core)).to.deep.equal({ one: 'live', two: 'live' });
    });
  }

  it('freezes an event that is on the wire right now', async () => {
    await core.journal.append([keyed('one')], 'capture');
    receiver.answer = async (batch) => {
      await core.journal.append([keyed('two')], 'capture');
      return results(batch, () => ({ kind: 'success' }));
    };
    await drainWith(core, receiver);
    expect(await classes(core)).to.deep.equal({ one: 'live', two: 'live' });
    expect(await supersessions(core)).to.have.length(1);
  });

  it('freezes what a crash left on the wire', async () => {
    await core.journal.append([keyed('one')], 'capture');
    const lease = await core.ledger.takeLease(1, 'crashed');
    const pass = await core.ledger.beginPass(lease, 1);
    await core.ledger.claim(pass, {
      limits: { maxEvents: 10, maxBytes: 10_000 },
      wireSize: (event) => event.size,
      heldBy: () => null,
      ignoreBackoff: true,
      now: 1,
    });
    await core.journal.append([keyed('two')], 'capture');
    expect(await classes(core)).to.deep.equal({ one: 'live', two: 'live' });
    // The kernel frees a lock file; a lease ends by the clock of the server.
    if (engine === 'PostgreSQL') await core.change('UPDATE target SET lease_until = 1');
    await drainWith(core, receiver);
    expect(receiver.posts.flat().sort()).to.deep.equal(['one', 'two']);
  });

  it('sends a superseded event to a new target, and a coalesced one to none', async () => {
    await core.journal.append([keyed('gone')], 'capture');
    await core.journal.append([keyed('one')], 'capture');
    await drainWith(core, receiver);
    await core.journal.append([keyed('two')], 'capture');
    const b = await givenTarget(core, 'b');
    const second = new ScriptedReceiver();
    await drainWith(core, second, { target: { id: b.id, url: 'http://b.test' } });
    expect(second.posts).to.deep.equal([['one', 'two']]);
  });

  it('never touches an event without a key', async () => {
    await core.journal.append([keyed('one', { coalesceKey: null })], 'capture');
    await core.journal.append([keyed('two', { coalesceKey: null })], 'capture');
    expect(await classes(core)).to.deep.equal({ one: 'live', two: 'live' });
  });

  it('never takes an event back for one that another permission decides on', async () => {
    await core.journal.append([keyed('one', inProject('p'))], 'capture');
    await core.journal.append([keyed('two', inProject('q'))], 'capture');
    expect(await classes(core)).to.deep.equal({ one: 'live', two: 'live' });
  });

  for (const source of ['spool', 'import'] as const) {
    it(`neither coalesces nor is coalesced when it came by ${source}`, async () => {
      await core.journal.append([keyed('one')], source);
      await core.journal.append([keyed('two')], 'capture');
      await core.journal.append([keyed('three')], source);
      expect(await classes(core)).to.deep.equal({ one: 'live', two: 'live', three: 'live' });
    });
  }
});

function keyed(id: string, more: Partial<NewEvent> = {}): NewEvent {
  return newEvent(id, { coalesceKey: KEY, ...more });
}

async function classes(core: EngineCore): Promise<Record<string, string>> {
  const found = await core.rows<{ id: string; class: string }>(
    `SELECT event_id AS id, COALESCE(m.class, 'live') AS class FROM event LEFT JOIN mark m USING (seq)`,
  );
  return Object.fromEntries(found.map((one) => [one.id, one.class]));
}

function supersessions(core: EngineCore): Promise<unknown[]> {
  return core.rows(
    `SELECT a.event_id AS earlier, b.event_id AS later FROM superseded s
     JOIN event a ON a.seq = s.seq JOIN event b ON b.seq = s.by_seq`,
  );
}

async function storedBytes(core: EngineCore): Promise<string[]> {
  const found = await core.rows<{ bytes: Buffer }>('SELECT bytes FROM payload ORDER BY seq');
  return found.map(({ bytes }) => bytes.toString());
}
