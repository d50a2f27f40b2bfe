import { expect } from 'chai';
import type { OutboundEvent, PermissionNow } from '../../src/dispatch/ports.js';
import { EVERYTHING_ALLOWED, givenTarget } from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { describeOnEachEngine, type EngineCore } from '../support/each-engine.js';
import { inProject, newEvents } from '../support/events.js';
import { refused, results, ScriptedReceiver } from '../support/scripted-receiver.js';
import { turnsDuring } from '../support/turns.js';

const HELD = 'project_not_allowed';
const holds =
  (project: string): PermissionNow =>
  ({ projectUuid }) =>
    projectUuid === project ? HELD : null;
const OFF = { reason: 'delivery_off', message: 'Mode OPT_OUT sends nothing.' } as const;

/** The tables that say what was attempted and what may be selected again. */
const ledgerOf = async (core: EngineCore) => ({
  deliveries: await core.rows('SELECT * FROM delivery ORDER BY target_id, seq'),
  todos: await core.rows('SELECT * FROM todo ORDER BY target_id, seq'),
  flights: await core.rows('SELECT * FROM flight'),
  // A cursor before the first event of a lane and no cursor are the same.
  lanes: await core.rows('SELECT * FROM lane WHERE cursor > 0 ORDER BY origin_id'),
});

const SECRET = { reason: 'a secret', now: 1 };

describeOnEachEngine('permission, asked before every request', (open) => {
  let core: EngineCore;
  let receiver: ScriptedReceiver;
  beforeEach(async () => {
    core = await open();
    await givenTarget(core);
    receiver = new ScriptedReceiver();
  });
  afterEach(() => core.assertInvariant());

  /** Allowed while the batch is selected, not any more when it is about to be posted. */
  const onceClaimed = (then: PermissionNow) => async (): Promise<PermissionNow> =>
    (await core.rows('SELECT 1 FROM flight')).length > 0 ? then : EVERYTHING_ALLOWED;

  it('gives a claim back as if it had not been made, and it goes out in order later', async () => {
    await core.journal.append(newEvents(10), 'capture');
    const before = await ledgerOf(core);
    const report = await drainWith(core, receiver, { permission: onceClaimed(OFF) });
    expect(report).to.include({ posts: 0, selected: 0, transient: 0, unsent: 10 });
    expect(report).to.include({ blocked_reason: 'delivery_off', message: OFF.message });
    expect(await ledgerOf(core)).to.deep.equal(before);
    await core.assertInvariant();
    await drainWith(core, receiver);
    expect(receiver.posts).to.deep.equal([newEvents(10).map(({ eventId }) => eventId)]);
  });

  const IN_THE_MIDDLE: Record<string, () => Promise<PermissionNow>> = {
    'the mode': async () => OFF,
    'a hold': async () => holds('p'),
    'a redaction': async () => {
      await core.redaction.redact('e-000002', SECRET);
      return EVERYTHING_ALLOWED;
    },
  };
  for (const [name, then] of Object.entries(IN_THE_MIDDLE))
    it(`is asked by a receiver that would post once more: ${name} forbids it`, async () => {
      await core.journal.append(newEvents(3, 'e', inProject('p')), 'capture');
      let permission: () => Promise<PermissionNow> = async () => EVERYTHING_ALLOWED;
      const answers: boolean[] = [];
      receiver.answer = async (batch, mayStillLeave) => {
        answers.push(await mayStillLeave());
        permission = then;
        await permission();
        answers.push(await mayStillLeave());
        return results(batch, () => ({ kind: 'success' }));
      };
      await drainWith(core, receiver, { permission: () => permission() });
      expect(answers).to.deep.equal([true, false]);
    });

  it('comes after a turn of the event loop, also where a receiver takes none', async () => {
    await core.journal.append(newEvents(32), 'capture');
    receiver.answer = (batch) => refused(batch, { kind: 'terminal_failed', reason: 'no' });
    const turns = await turnsDuring(() => drainWith(core, receiver));
    expect(receiver.posts.length).to.be.above(8);
    expect(turns).to.be.at.least(receiver.posts.length);
  });

  it('leaves the row of a retry as it was', async () => {
    await core.journal.append(newEvents(3), 'capture');
    receiver.answer = (batch) => results(batch, () => ({ kind: 'rejected', reason: 'no' }));
    await drainWith(core, receiver);
    const before = await ledgerOf(core);
    await drainWith(core, receiver, { permission: onceClaimed(OFF) });
    expect(await ledgerOf(core)).to.deep.equal(before);
    expect(receiver.posts).to.have.length(1);
  });

  it('posts the rest of a batch without the project that was held meanwhile', async () => {
    const events = newEvents(9).map((event, i) => ({ ...event, ...inProject(`p${i % 3}`) }));
    await core.journal.append(events, 'capture');
    let postings = 0;
    receiver.answer = (batch) => {
      postings += 1;
      return results(batch, () => ({ kind: 'success' }));
    };
    const report = await drainWith(core, receiver, {
      permission: async () =>
        postings === 0 && (await core.rows('SELECT 1 FROM flight')).length === 0
          ? EVERYTHING_ALLOWED
          : holds('p1'),
    });
    expect(report).to.include({ selected: 6, delivered: 6, held: 3, posts: 1 });
    expect(await core.rows('SELECT 1 FROM delivery')).to.have.length(6);
    expect((await drainWith(core, receiver)).delivered).to.equal(3);
  });

  it('remembers what a bisection learned when it is stopped in the middle', async () => {
    await core.journal.append(newEvents(32), 'capture');
    receiver.answer = (batch) => refused(batch, { kind: 'rejected', reason: 'bad batch' });
    const report = await drainWith(core, receiver, {
      permission: async () => (receiver.posts.length < 3 ? EVERYTHING_ALLOWED : OFF),
    });
    expect(report).to.include({ posts: 3, selected: 32, transient: 32 });
    expect(await core.rows('SELECT DISTINCT company FROM todo')).to.deep.equal([
      { company: 'suspect' },
    ]);
    expect(
      await core.rows('SELECT DISTINCT attempt_count AS n, status FROM delivery'),
      'each was in one refused claim',
    ).to.deep.equal([{ n: 1, status: 'failed_transient' }]);
  });

  it('holds one project in the middle of a bisection, and finds the culprits of the other', async () => {
    const events = newEvents(16).map((event, i) => ({ ...event, ...inProject(`p${i % 2}`) }));
    await core.journal.append(events, 'capture');
    receiver.answer = (batch) =>
      batch.some(({ eventId }) => eventId === 'e-000004')
        ? refused(batch, { kind: 'rejected', reason: 'bad' })
        : results(batch, () => ({ kind: 'success' }));
    const report = await drainWith(core, receiver, {
      permission: async () => (receiver.posts.length < 2 ? EVERYTHING_ALLOWED : holds('p0')),
    });
    const afterHold = new Set(receiver.posts.slice(2).flat());
    const held = events.filter((_, i) => i % 2 === 0).map(({ eventId }) => eventId);
    expect(held.filter((id) => afterHold.has(id))).to.deep.equal([]);
    expect(report).to.include({ rejected: 1, delivered: 7, transient: 8 });
  });

  it('drops what was redacted after the claim, and never sends it again', async () => {
    await core.journal.append(newEvents(8), 'capture');
    receiver.answer = (batch) =>
      batch.some(isPoison)
        ? refused(batch, { kind: 'rejected', reason: 'bad' })
        : results(batch, () => ({ kind: 'success' }));
    const permission = async (): Promise<PermissionNow> => {
      if (receiver.posts.length === 1) await core.redaction.redact('e-000005', SECRET);
      return EVERYTHING_ALLOWED;
    };
    await drainWith(core, receiver, { permission });
    await drainWith(core, receiver);
    const withIt = receiver.posts.filter((ids) => ids.includes('e-000005'));
    expect(withIt).to.have.length(1);
    expect(await core.rows("SELECT 1 FROM delivery WHERE status = 'success'")).to.have.length(6);
  });

  const isPoison = ({ eventId }: OutboundEvent): boolean => eventId === 'e-000001';

  it('drops what was redacted before its first post without a trace in the ledger', async () => {
    await core.journal.append(newEvents(4), 'capture');
    let redacted = false;
    const permission = async (): Promise<PermissionNow> => {
      if (!redacted && (await core.rows('SELECT 1 FROM flight')).length > 0) {
        redacted = true;
        await core.redaction.redact('e-000002', SECRET);
        return OFF;
      }
      return EVERYTHING_ALLOWED;
    };
    await drainWith(core, receiver, { permission });
    expect(await drainWith(core, receiver)).to.include({ delivered: 3, selected: 3 });
    expect(receiver.posts).to.deep.equal([['e-000001', 'e-000003', 'e-000004']]);
  });

  it('gives back an event behind the cursor when a later one of its lane is settled', async () => {
    const [first, second] = newEvents(2, 'e', inProject('p'));
    const unsendable = { ...second, undeliverable: 'no type' };
    await core.journal.append([first, unsendable] as never, 'capture');
    await drainWith(core, receiver, { permission: onceClaimed(OFF) });
    expect(await core.rows('SELECT seq, due_at, company FROM todo')).to.deep.equal([
      { seq: 1, due_at: 10_000, company: 'any' },
    ]);
    await core.assertInvariant();
    expect(await drainWith(core, receiver)).to.include({ delivered: 1, unsent: 0 });
  });

  it('comes before the health request: a target that may get nothing is not asked for its health', async () => {
    await core.journal.append(newEvents(1), 'capture');
    let greetings = 0;
    const greet = receiver.greet.bind(receiver);
    receiver.greet = () => {
      greetings += 1;
      return greet();
    };
    let asked = 0;
    await drainWith(core, receiver, {
      permission: async () => {
        asked += 1;
        return asked === 1 ? EVERYTHING_ALLOWED : OFF;
      },
    });
    expect({ greetings, posts: receiver.posts.length }).to.deep.equal({ greetings: 0, posts: 0 });
  });

  it('posts nothing once another process has taken the target over', async () => {
    await core.journal.append(newEvents(4), 'capture');
    const report = await drainWith(core, receiver, {
      permission: async () => {
        if ((await core.rows('SELECT 1 FROM flight')).length > 0)
          await core.ledger.takeLease(1, 'other');
        return EVERYTHING_ALLOWED;
      },
    });
    // The lease moved between the two questions: one post at most, and none after it.
    expect(receiver.posts.length).to.be.at.most(1);
    expect(report.blocked_reason).to.equal('daemon_lock');
  });
});
