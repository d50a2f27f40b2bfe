import { expect } from 'chai';
import type { ClaimedEvent, OutboundEvent, PermissionNow } from '../../src/dispatch/ports.js';
import { fromRanges, type SeqRanges } from '../../src/ledger/seq-ranges.js';
import { EVERYTHING_ALLOWED, givenTarget } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { describeOnEachEngine, type EngineCore } from '../support/each-engine.js';
import { inProject, newEvents } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';

const PER_BATCH = 4;

const delivered = async (core: EngineCore): Promise<number[]> => {
  const sql = "SELECT seq FROM delivery WHERE status = 'success' ORDER BY seq";
  return (await core.rows<{ seq: number }>(sql)).map(({ seq }) => seq);
};

const inFlight = async (core: EngineCore): Promise<number[]> => {
  const flights = await core.rows<{ seqs: string }>('SELECT seqs FROM flight');
  return flights.flatMap((flight) => fromRanges(JSON.parse(flight.seqs) as SeqRanges));
};

const seqs = (batch: readonly OutboundEvent[]) => batch.map(({ seq }) => seq);

describeOnEachEngine('batches, one after the other', (open) => {
  let core: EngineCore;
  let receiver: ScriptedReceiver;
  beforeEach(async () => {
    core = await open();
    await givenTarget(core);
    receiver = new ScriptedReceiver();
    receiver.limits = { maxEvents: PER_BATCH, maxBytes: 512 * 1024 };
    await core.journal.append(
      newEvents(12).map((event, i) => ({ ...event, ...inProject(i < 6 ? 'p' : 'q') })),
      'capture',
    );
  });
  afterEach(() => core.assertInvariant());

  /** Resolves when the next batch has been made ready, which is while this one is on the wire. */
  function nextReady(): Promise<readonly OutboundEvent[]> {
    return new Promise((resolve) => {
      receiver.prepare = async (batch) => {
        resolve(batch);
        return { events: batch };
      };
    });
  }

  it('make the next one ready while one is on the wire, and claim it when it goes', async () => {
    const seen: unknown[] = [];
    let underWay = 0;
    receiver.answer = async (batch) => {
      underWay += 1;
      expect(underWay).to.equal(1);
      const isLast = seqs(batch).includes(12);
      const ready = isLast ? [] : seqs(await nextReady());
      seen.push({ ready, inFlight: await inFlight(core), delivered: await delivered(core) });
      underWay -= 1;
      return results(batch, () => ({ kind: 'success' }));
    };
    const report = await drainWith(core, receiver);
    expect(report).to.include({ selected: 12, delivered: 12, posts: 3, unsent: 0 });
    expect(seen.slice(0, 2)).to.deep.equal([
      { ready: [5, 6, 7, 8], inFlight: [1, 2, 3, 4], delivered: [] },
      // The verdicts on the first batch are written while the second is on the wire.
      { ready: [9, 10, 11, 12], inFlight: [5, 6, 7, 8], delivered: [1, 2, 3, 4] },
    ]);
    expect(receiver.prepared).to.deep.equal([false, true, true]);
    expect(await delivered(core)).to.have.length(12);
  });

  const MEANWHILE: Record<string, (core: EngineCore) => Promise<PermissionNow | undefined>> = {
    'are held': async () => (origin) => (origin.projectUuid === 'q' ? 'project_not_allowed' : null),
    'are redacted': async ({ redaction }) => {
      for (const id of ['e-000007', 'e-000008', 'e-000009', 'e-000010', 'e-000011', 'e-000012'])
        await redaction.redact(id, { reason: 'a secret', now: 1 });
      return undefined;
    },
  };
  for (const [what, happen] of Object.entries(MEANWHILE))
    it(`throw away what was made ready when some of it ${what} meanwhile`, async () => {
      let permission: PermissionNow = EVERYTHING_ALLOWED;
      receiver.answer = async (batch) => {
        if (receiver.posts.length === 1) {
          expect(seqs(await nextReady())).to.deep.equal([5, 6, 7, 8]);
          permission = (await happen(core)) ?? permission;
        }
        return results(batch, () => ({ kind: 'success' }));
      };
      const report = await drainWith(core, receiver, { permission: async () => permission });
      expect(report).to.include({ selected: 6, delivered: 6, posts: 2, transient: 0 });
      expect(await delivered(core)).to.deep.equal([1, 2, 3, 4, 5, 6]);
      const attempts = await core.rows(
        'SELECT seq FROM delivery WHERE seq > 6 AND attempt_count > 0',
      );
      expect(attempts).to.deep.equal([]);
    });

  it('stop with what was made ready unattempted when the mode says so', async () => {
    let permission: PermissionNow = EVERYTHING_ALLOWED;
    receiver.answer = async (batch) => {
      await nextReady();
      permission = { reason: 'delivery_off', message: 'Mode OPT_OUT sends nothing.' };
      return results(batch, () => ({ kind: 'success' }));
    };
    const report = await drainWith(core, receiver, { permission: async () => permission });
    expect(report).to.include({ selected: 4, delivered: 4, posts: 1 });
    expect(await core.rows('SELECT seq FROM delivery WHERE attempt_count > 0')).to.have.length(4);
    expect(await inFlight(core)).to.deep.equal([]);
  });

  it('write what was refused before the next one goes, which is still ready', async () => {
    const before: number[][] = [];
    receiver.answer = async (batch) => {
      const known = await core.rows<{ seq: number }>('SELECT seq FROM delivery ORDER BY seq');
      before.push(known.map(({ seq }) => seq));
      return results(batch, ({ seq }) =>
        seq === 2 ? { kind: 'rejected', reason: 'no' } : { kind: 'success' },
      );
    };
    await drainWith(core, receiver);
    expect(before[1]).to.deep.equal([1, 2, 3, 4]);
    expect(receiver.posts.flat()).to.deep.equal(newEvents(12).map(({ eventId }) => eventId));
  });

  it('take no more than a limit, ready or not', async () => {
    const report = await drainWith(core, receiver, { limit: 6 });
    expect(report).to.include({ selected: 6, delivered: 6, posts: 2 });
    expect(await inFlight(core)).to.deep.equal([]);
  });

  it('are all settled when a pass is aborted while one is on the wire', async () => {
    const stopping = new AbortController();
    receiver.answer = async (batch) => {
      if (receiver.posts.length === 2) stopping.abort();
      return results(batch, () => ({ kind: 'success' }));
    };
    const report = await drainWith(core, receiver, { signal: stopping.signal });
    expect(report).to.include({ delivered: 8, posts: 2, interrupted: true });
    expect(await delivered(core)).to.have.length(8);
    expect(await inFlight(core)).to.deep.equal([]);
  });

  it('have their verdicts written before an error of the next one ends the pass', async () => {
    receiver.answer = async (batch) => {
      if (receiver.posts.length === 2) throw new Error('a receiver of somebody else');
      return results(batch, () => ({ kind: 'success' }));
    };
    const ended = await drainWith(core, receiver).catch((error: Error) => error);
    expect(ended).to.have.property('message', 'a receiver of somebody else');
    expect(await delivered(core)).to.deep.equal([1, 2, 3, 4]);
    expect(await inFlight(core)).to.deep.equal([5, 6, 7, 8]);
  });

  it('with retries among them are read when they are claimed', async () => {
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'no' }));
    await drainWith(core, receiver);
    const again = new ScriptedReceiver();
    again.limits = receiver.limits;
    const ready: (readonly OutboundEvent[])[] = [];
    again.prepare = async (batch) => {
      ready.push(batch as readonly ClaimedEvent[]);
      return { events: batch };
    };
    expect(await drainWith(core, again)).to.include({ delivered: 12, posts: 3 });
    expect(ready).to.deep.equal([]);
  });
});
