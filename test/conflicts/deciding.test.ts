import { expect } from 'chai';
import { settlement } from '../../src/dispatch/bisection.js';
import type { Outcome } from '../../src/dispatch/ports.js';
import { Spool } from '../../src/journal/spool.js';
import { countedFor, sectionsOf } from '../../src/reports/sections.js';
import { SqliteReports } from '../../src/sqlite/reports/reports.js';
import { beginPass, claim } from '../ledger/hand-drain.js';
import {
  type Core,
  EVERYTHING_ALLOWED,
  givenTarget,
  openCore,
  row,
  rows,
} from '../support/core.js';
import { drainWith } from '../support/drains.js';
import { newEvent } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';
import { results, ScriptedReceiver, unanswered } from '../support/scripted-receiver.js';

const FIRST = Buffer.from('{"event_id":"e","n":1}');
const BEFORE = newEvent('before').bytes;
const SECOND = Buffer.from('{"event_id":"e","n":2}');

/** An event and a conflict about it, found by a capture. */
async function givenConflict(core: Core, incoming = SECOND): Promise<void> {
  await core.journal.append([newEvent('before'), newEvent('e', { bytes: FIRST })], 'capture');
  await core.journal.append([newEvent('e', { bytes: incoming })], 'capture');
}

/** A target to which everything was drained once, with this answer for `e`. */
async function drained(core: Core, name: string, outcome: Outcome | 'no answer' | 'untried') {
  const target = await givenTarget(core, name);
  const receiver = new ScriptedReceiver();
  if (outcome === 'untried') return { target, receiver };
  receiver.answer = (batch) =>
    outcome === 'no answer'
      ? unanswered(batch)
      : results(batch, (event) => (event.eventId === 'e' ? outcome : { kind: 'success' }));
  await drainWith(core, receiver, { target: { id: target.id, url: target.canonicalUrl } });
  receiver.posts.length = 0;
  return { target, receiver };
}

/** What one target is sent from now on, as `id=bytes`. */
async function sentTo(core: Core, id: number): Promise<string[]> {
  const receiver = new ScriptedReceiver();
  const sent: string[] = [];
  receiver.answer = (batch) => {
    sent.push(...batch.map(({ eventId, bytes }) => `${eventId}=${bytes}`));
    return results(batch, () => ({ kind: 'success' }));
  };
  await drainWith(core, receiver, { target: { id, url: 'http://x.test' } });
  return sent;
}

/** Every known target's numbers must make the whole. */
async function assertNumbersAddUp(core: Core): Promise<void> {
  assertLedgerInvariant(core);
  const targets = await core.targets.list();
  const context = {
    targets,
    current: targets[0],
    identity: undefined,
    permissionFor: () => EVERYTHING_ALLOWED,
    blockedReason: () => null,
    spool: new Spool(`${core.home}/spool`),
    now: 20_000,
  };
  const counts = await new SqliteReports(core.db).counts(countedFor(context));
  const { delivery_ledger } = sectionsOf(counts, context);
  for (const target of delivery_ledger.per_target)
    expect(target.adds_up, JSON.stringify(target)).to.equal(true);
}

const decisions = (core: Core) =>
  rows(core, `SELECT action, event_id FROM audit WHERE action = 'conflict_resolved'`);

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: Error) => error.message,
  );

describe('deciding a conflict for the journal', () => {
  it('changes no event and no delivery, and is written down', async () => {
    const core = await openCore();
    await givenConflict(core);
    const events = rows(core, 'SELECT * FROM event');

    const decision = await core.conflicts.decide('e', 'journal', 5_000);

    expect(decision).to.deep.include({ kept: 'journal', done: true, revision: 1, targets: [] });
    expect(rows(core, 'SELECT * FROM event')).to.deep.equal(events);
    expect((await core.conflicts.find('e')).conflict).to.include({
      kept: 'journal',
      resolvedAt: 5_000,
    });
    expect((await core.conflicts.find('e')).conflict.incomingBytes.equals(SECOND)).to.equal(true);
    expect(decisions(core)).to.deep.equal([{ action: 'conflict_resolved', event_id: 'e' }]);
    await assertNumbersAddUp(core);
  });

  it('is done once: the same again changes nothing, the opposite is refused', async () => {
    const core = await openCore();
    await givenConflict(core);
    await core.conflicts.decide('1', 'journal', 5_000);
    await core.conflicts.decide('1', 'journal', 6_000);
    expect((await core.conflicts.find('1')).conflict.resolvedAt).to.equal(5_000);
    expect(decisions(core)).to.have.length(1);
    const refusal = await core.conflicts
      .decide('1', 'incoming', 7_000)
      .catch((error: Error) => error);
    expect((refusal as Error).message).to.contain('was decided already');
  });

  it('needs a conflict that exists and is meant', async () => {
    const core = await openCore();
    await givenConflict(core);
    await core.journal.append(
      [newEvent('e', { bytes: Buffer.from('{"event_id":"e","n":3}') })],
      'capture',
    );
    for (const [reference, words] of [
      ['7', 'there is no conflict 7'],
      ['nobody', 'there is no conflict nobody'],
      ['e', 'e has 2 conflicts: name one of 1, 2'],
    ] as const)
      expect(await messageOf(core.conflicts.plan(reference, 'journal'))).to.include(words);
  });
});

describe('deciding a conflict for the incoming payload', () => {
  it('makes it a new revision; the old row stays as it was, out of selection', async () => {
    const core = await openCore();
    await givenConflict(core);
    const before = row(core, 'SELECT * FROM event WHERE seq = 2');

    const plan = await core.conflicts.plan('e', 'incoming');
    expect(plan).to.include({ done: false, revision: 2, seq: null });
    const decision = await core.conflicts.decide('e', 'incoming', 5_000);

    expect(decision).to.include({ done: true, revision: 2, seq: 3 });
    expect(row(core, 'SELECT * FROM event WHERE seq = 2')).to.deep.equal(before);
    expect(row(core, 'SELECT * FROM mark')).to.deep.equal({
      seq: 2,
      class: 'replaced',
      other_seq: 3,
      at: 5_000,
    });
    expect(row(core, 'SELECT revision, source, carries_id FROM event WHERE seq = 3')).to.deep.equal(
      {
        revision: 2,
        source: 'decision',
        carries_id: 1,
      },
    );
    expect(
      row<{ bytes: Buffer }>(core, 'SELECT bytes FROM payload WHERE seq = 3').bytes.equals(SECOND),
    ).to.equal(true);
    await assertNumbersAddUp(core);
    const target = await givenTarget(core, 'later');
    expect(await sentTo(core, target.id)).to.deep.equal([
      'before={"event_id":"before","event_type":"WPStatusChanged"}',
      `e=${SECOND}`,
    ]);
  });

  it('is what later captures are compared with', async () => {
    const core = await openCore();
    await givenConflict(core);
    await core.conflicts.decide('e', 'incoming', 5_000);
    expect(await core.journal.append([newEvent('e', { bytes: SECOND })], 'capture')).to.deep.equal([
      'duplicate',
    ]);
    expect(await core.journal.append([newEvent('e', { bytes: FIRST })], 'capture')).to.deep.equal([
      'conflict',
    ]);
  });

  const CASES: readonly [
    what: string,
    outcome: Outcome | 'no answer' | 'untried',
    receives: boolean,
    reason: string,
  ][] = [
    ['never attempted', 'untried', true, 'no earlier revision can have arrived there'],
    [
      'rejected',
      { kind: 'rejected', reason: 'no' },
      true,
      'no earlier revision can have arrived there',
    ],
    [
      'refused for good',
      { kind: 'terminal_failed', reason: 'no' },
      true,
      'no earlier revision can have arrived there',
    ],
    ['delivered', { kind: 'success' }, false, 'revision 1 was delivered'],
    ['there before', { kind: 'duplicate' }, false, 'revision 1 was delivered'],
    ['accepted', { kind: 'pending', serverState: 'queued' }, false, 'revision 1 was delivered'],
    [
      'left without an answer',
      'no answer',
      false,
      'revision 1 may have arrived: an attempt ended without an answer',
    ],
  ];
  for (const [what, outcome, receives, reason] of CASES)
    it(`${receives ? 'sends' : 'does not send'} it where the old one was ${what}`, async () => {
      const core = await openCore();
      await givenConflict(core);
      const { target } = await drained(core, 'a', outcome);
      const delivery = rows(core, 'SELECT * FROM delivery WHERE seq = 2');

      expect((await core.conflicts.plan('e', 'incoming')).targets[0]).to.include({
        receives,
        reason,
      });
      const decision = await core.conflicts.decide('e', 'incoming', 5_000);

      expect(decision.targets).to.deep.equal([
        { target_id: target.id, canonical_url: target.canonicalUrl, receives, reason },
      ]);
      await assertNumbersAddUp(core);
      const sent = await sentTo(core, target.id);
      expect(sent.filter((one) => one.startsWith('e='))).to.deep.equal(
        receives ? [`e=${SECOND}`] : [],
      );
      expect(rows(core, 'SELECT * FROM delivery WHERE seq = 2')).to.deep.equal(delivery);
      await assertNumbersAddUp(core);
      expect(await sentTo(core, target.id)).to.deep.equal([]);
    });

  it('withholds it where a batch with the old one is on the wire, and events behind it still go', async () => {
    const core = await openCore();
    await givenConflict(core);
    const target = await givenTarget(core, 'a');
    const receiver = new ScriptedReceiver();
    receiver.answer = async (batch) => {
      await core.conflicts.decide('e', 'incoming', 5_000);
      await core.journal.append([newEvent('behind')], 'capture');
      return results(batch, () => ({ kind: 'success' }));
    };
    await drainWith(core, receiver, { target: { id: target.id, url: 'http://a.test' } });
    await assertNumbersAddUp(core);
    expect(await sentTo(core, target.id)).to.deep.equal([
      'behind={"event_id":"behind","event_type":"WPStatusChanged"}',
    ]);
    await assertNumbersAddUp(core);
  });

  it('sends it after all where that batch is given back unposted', async () => {
    const core = await openCore();
    await givenConflict(core);
    const { target } = await drained(core, 'a', 'untried');
    const pass = await beginPass(core, target.id);
    const claimed = await claim(core, pass);
    await core.conflicts.decide('1', 'incoming', 5_000);
    expect(rows(core, 'SELECT status FROM delivery')).to.deep.equal([{ status: 'withheld' }]);
    if (claimed) await core.ledger.release(pass, claimed, claimed.events);
    await assertNumbersAddUp(core);
    expect(await sentTo(core, target.id)).to.have.members([`before=${BEFORE}`, `e=${SECOND}`]);
    await assertNumbersAddUp(core);
  });

  it('withholds it still where the batch given back had been tried before', async () => {
    const core = await openCore();
    await givenConflict(core);
    const { target } = await drained(core, 'a', 'no answer');
    const pass = await beginPass(core, target.id);
    const claimed = await claim(core, pass);
    await core.conflicts.decide('1', 'incoming', 5_000);
    if (claimed) await core.ledger.release(pass, claimed, claimed.events);
    await assertNumbersAddUp(core);
    expect((await sentTo(core, target.id)).filter((one) => one.startsWith('e='))).to.deep.equal([]);
  });

  const VERDICTS_MEANWHILE: readonly [string, Outcome, string[]][] = [
    ['rejected', { kind: 'rejected', reason: 'no' }, [`e=${SECOND}`]],
    ['refused for good', { kind: 'terminal_failed', reason: 'no' }, [`e=${SECOND}`]],
    ['answered with an error', { kind: 'transient', reason: '500' }, []],
  ];
  for (const [what, outcome, expected] of VERDICTS_MEANWHILE)
    it(`${expected.length > 0 ? 'sends it after all' : 'withholds it still'} where the post of the old one is ${what}`, async () => {
      const core = await openCore();
      await givenConflict(core);
      const target = await givenTarget(core, 'a');
      const receiver = new ScriptedReceiver();
      receiver.answer = async (batch) => {
        if (receiver.posts.length === 1) await core.conflicts.decide('e', 'incoming', 5_000);
        return results(batch, ({ eventId }) => (eventId === 'e' ? outcome : { kind: 'success' }));
      };
      await drainWith(core, receiver, { target: { id: target.id, url: target.canonicalUrl } });
      await assertNumbersAddUp(core);
      expect(await sentTo(core, target.id)).to.deep.equal(expected);
      await assertNumbersAddUp(core);
    });

  it('sends it after all where the old one turns out too large to be posted', async () => {
    const core = await openCore();
    await givenConflict(core);
    const { target } = await drained(core, 'a', 'untried');
    const pass = await beginPass(core, target.id);
    const claimed = await claim(core, pass);
    await core.conflicts.decide('e', 'incoming', 5_000);
    const old = claimed?.events.filter(({ eventId }) => eventId === 'e') ?? [];
    const tooLarge = { kind: 'terminal_failed', reason: 'too large' } as const;
    if (claimed)
      await core.ledger.settle(pass, claimed, {
        settlements: old.map((event) => ({ ...settlement(event, tooLarge), posted: false })),
        health: pass.health,
        now: 6_000,
        deploymentRef: null,
      });
    expect(await sentTo(core, target.id)).to.include(`e=${SECOND}`);
    await assertNumbersAddUp(core);
  });

  it('remembers every earlier revision: a third one stays away from who has the first', async () => {
    const core = await openCore();
    await givenConflict(core);
    const { target: a } = await drained(core, 'a', { kind: 'success' });
    const { target: b } = await drained(core, 'b', 'untried');
    await core.conflicts.decide('1', 'incoming', 5_000);
    expect(await sentTo(core, b.id)).to.include(`e=${SECOND}`);
    await core.journal.append(
      [newEvent('e', { bytes: Buffer.from('{"event_id":"e","n":3}') })],
      'capture',
    );
    const decision = await core.conflicts.decide('2', 'incoming', 6_000);
    expect(decision.targets.map(({ receives, reason }) => [receives, reason])).to.deep.equal([
      [false, 'revision 1 was delivered'],
      [false, 'revision 2 was delivered'],
    ]);
    await assertNumbersAddUp(core);
    for (const { id } of [a, b]) expect(await sentTo(core, id)).to.deep.equal([]);
    const { target: c } = await drained(core, 'c', 'untried');
    expect(await sentTo(core, c.id)).to.include('e={"event_id":"e","n":3}');
    await assertNumbersAddUp(core);
  });

  it('also replaces a row that was archived, for a restore must not bring it back into selection', async () => {
    const core = await openCore();
    await givenConflict(core);
    const { target } = await drained(core, 'a', { kind: 'success' });
    await core.db.write((db) =>
      db.exec(`
        INSERT INTO purge (seq, kind, at, canonical_sha256) VALUES (2, 'archive', 1, x'00');
        DELETE FROM payload WHERE seq = 2; DELETE FROM live WHERE seq = 2;
        INSERT INTO mark (seq, class, at) VALUES (2, 'archived', 1);
        UPDATE journal_count SET events = events - 1, retained = retained - 1, bytes = bytes - ${FIRST.length};
        INSERT INTO journal_count SELECT origin_id, 'archived', 1, 0, 0 FROM event WHERE seq = 2;
        UPDATE ledger_count SET events = events - 1;
        INSERT INTO ledger_count SELECT 1, origin_id, 'archived', 'success', 1 FROM event WHERE seq = 2;`),
    );
    await assertNumbersAddUp(core);

    await core.conflicts.decide('e', 'incoming', 5_000);

    expect(row(core, 'SELECT class FROM mark WHERE seq = 2')).to.deep.equal({ class: 'replaced' });
    await assertNumbersAddUp(core);
    expect(await sentTo(core, target.id)).to.deep.equal([]);
  });

  it('writes no second revision of what is in force already', async () => {
    const core = await openCore();
    await givenConflict(core);
    await core.journal.append(
      [newEvent('e', { bytes: Buffer.from('{ "n": 2, "event_id": "e" }') })],
      'capture',
    );
    await core.conflicts.decide('1', 'incoming', 5_000);
    const again = await core.conflicts.decide('2', 'incoming', 6_000);
    expect(again).to.include({ revision: 2 });
    expect(row(core, `SELECT count(*) AS n FROM event WHERE event_id = 'e'`)).to.deep.equal({
      n: 2,
    });
    await assertNumbersAddUp(core);
  });
});
