import { expect } from 'chai';
import { settlement } from '../../src/dispatch/bisection.js';
import type { Outcome } from '../../src/dispatch/ports.js';
import { Spool } from '../../src/journal/spool.js';
import { countedFor, sectionsOf } from '../../src/reports/sections.js';
import { beginPass, claim } from '../ledger/hand-drain.js';
import { EVERYTHING_ALLOWED } from '../support/core.js';
import { newEvent } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { results, ScriptedReceiver, unanswered } from '../support/scripted-receiver.js';
import {
  assertVerified,
  drained,
  ensureTarget,
  type GivenStores,
  givenStores,
  type OpenStores,
} from './given-stores.js';

const FIRST = Buffer.from('{"event_id":"e","n":1}');
const BEFORE = newEvent('before').bytes;
const SECOND = Buffer.from('{"event_id":"e","n":2}');
const THIRD = Buffer.from('{"event_id":"e","n":3}');
const BEHIND = newEvent('behind').bytes;

/** What every ConflictStore promises. */
export function describeConflictStore(name: string, open: OpenStores): void {
  describe(`ConflictStore on ${name}`, () => {
    describeReading(open);
    describeKeepingTheJournal(open);
    describeKeepingTheIncoming(open);
    describeWhoReceivesIt(open);
    describeOnTheWire(open);
  });
}

function describeReading(open: OpenStores): void {
  describe('list and find', () => {
    it('have both payloads of a conflict, open ones first of all', async () => {
      const { stores } = await givenConflict(open);
      await stores.journal.append([newEvent('e', { bytes: THIRD })], 'capture');
      await stores.conflicts.decide('1', 'journal', 5_000);
      const open1 = await stores.conflicts.list({ all: false, limit: 10 });
      expect(open1.conflicts.map(({ id }) => id)).to.deep.equal([2]);
      expect(open1.count).to.equal(1);
      const all = await stores.conflicts.list({ all: true, limit: 1 });
      expect(all.conflicts.map(({ id }) => id)).to.deep.equal([1]);
      expect(all.count).to.equal(2);
      const { conflict, inForce } = await stores.conflicts.find('2');
      expect(conflict).to.include({ eventId: 'e', existingSeq: 2, foundBy: 'capture' });
      expect(conflict.incomingBytes.equals(THIRD)).to.equal(true);
      expect(inForce).to.include({ seq: 2, revision: 1, isRedacted: 0 });
      expect(inForce.bytes?.equals(FIRST)).to.equal(true);
    });

    it('need a conflict that exists and is meant', async () => {
      const { stores } = await givenConflict(open);
      await stores.journal.append([newEvent('e', { bytes: THIRD })], 'capture');
      for (const [reference, error, words] of [
        ['7', 'UnknownConflictError', 'there is no conflict 7'],
        ['nobody', 'UnknownConflictError', 'there is no conflict nobody'],
        ['e', 'AmbiguousConflictError', 'e has 2 conflicts: name one of 1, 2'],
      ] as const)
        for (const work of [
          () => stores.conflicts.plan(reference, 'journal'),
          () => stores.conflicts.find(reference),
          () => stores.conflicts.decide(reference, 'journal', 1),
        ]) {
          const failure = await failureOf(work());
          expect(failure.name).to.equal(error);
          expect(failure.message).to.include(words);
        }
    });
  });
}

function describeKeepingTheJournal(open: OpenStores): void {
  describe('deciding for the journal', () => {
    it('changes no event and no delivery, and is written down', async () => {
      const given = await givenConflict(open);
      const { conflicts, retention, audit } = given.stores;
      const before = await retention.records([1, 2, 3]);
      const decision = await conflicts.decide('e', 'journal', 5_000);
      expect(decision).to.deep.include({ kept: 'journal', done: true, revision: 1, targets: [] });
      expect(await retention.records([1, 2, 3])).to.deep.equal(before);
      const { conflict } = await conflicts.find('e');
      expect(conflict).to.include({ kept: 'journal', resolvedAt: 5_000 });
      expect(conflict.incomingBytes.equals(SECOND)).to.equal(true);
      const log = await audit.ofEvent('e');
      expect(log.map(({ action }) => action)).to.deep.equal(['conflict_resolved']);
      await assertWhole(given);
    });

    it('is done once: the same again changes nothing, the opposite is refused', async () => {
      const { stores } = await givenConflict(open);
      await stores.conflicts.decide('1', 'journal', 5_000);
      await stores.conflicts.decide('1', 'journal', 6_000);
      expect((await stores.conflicts.find('1')).conflict.resolvedAt).to.equal(5_000);
      expect(await stores.audit.ofEvent('e')).to.have.length(1);
      const refusal = await stores.conflicts
        .decide('1', 'incoming', 7_000)
        .catch((error: Error) => error);
      expect(refusal).to.have.property('name', 'ConflictDecidedError');
      expect((refusal as Error).message).to.contain('was decided already');
    });
  });
}

function describeKeepingTheIncoming(open: OpenStores): void {
  describe('deciding for the incoming payload', () => {
    it('makes it a new revision; the old row stays as it was, out of selection', async () => {
      const given = await givenConflict(open);
      const { conflicts, journal, retention } = given.stores;
      const [before] = await retention.records([2]);
      const plan = await conflicts.plan('e', 'incoming');
      expect(plan).to.include({ done: false, revision: 2, seq: null });
      expect(await journal.head(), 'a plan writes nothing').to.equal(2);
      const decision = await conflicts.decide('e', 'incoming', 5_000);
      expect(decision).to.include({ done: true, revision: 2, seq: 3 });
      const [old, next] = await retention.records([2, 3]);
      expect(old).to.deep.equal(before);
      expect(next?.bytes?.equals(SECOND)).to.equal(true);
      expect(next?.columns).to.include({ revision: 2, source: 'decision' });
      expect(await journal.seqsOfEvent('e')).to.deep.equal([2, 3]);
      await assertWhole(given);
      const later = await ensureTarget(given, 'later');
      expect(await sentTo(given, later)).to.deep.equal([`before=${BEFORE}`, `e=${SECOND}`]);
    });

    it('is what later captures are compared with', async () => {
      const { journal, conflicts } = (await givenConflict(open)).stores;
      await conflicts.decide('e', 'incoming', 5_000);
      const again = async (bytes: Buffer) => journal.append([newEvent('e', { bytes })], 'capture');
      expect(await again(SECOND)).to.deep.equal(['duplicate']);
      expect(await again(FIRST)).to.deep.equal(['conflict']);
    });

    it('also replaces a row that was archived, for a restore must not bring it back into selection', async () => {
      const given = await givenConflict(open);
      const target = await drainedTo(given, 'a', SUCCESS);
      const scope = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: false };
      const archive = { kind: 'archive', archiveId: 'archive-1' } as const;
      const gone = await given.stores.retention.purge([2], scope, archive, 1);
      expect(gone).to.include({ events: 1 });
      await given.stores.conflicts.decide('e', 'incoming', 5_000);
      const replay = { kind: 'replay', targetId: target, filter: { seqs: [2] }, now: 1 } as const;
      expect(await given.stores.requeue.count(replay)).to.deep.include({
        selected: 0,
        not_live: { replaced: 1 },
      });
      await assertWhole(given);
      expect(await sentTo(given, target)).to.deep.equal([]);
    });

    it('writes no second revision of what is in force already', async () => {
      const given = await givenConflict(open);
      const { conflicts, journal } = given.stores;
      const respelled = Buffer.from('{ "n": 2, "event_id": "e" }');
      await journal.append([newEvent('e', { bytes: respelled })], 'capture');
      await conflicts.decide('1', 'incoming', 5_000);
      expect(await conflicts.decide('2', 'incoming', 6_000)).to.include({ revision: 2 });
      expect(await journal.seqsOfEvent('e')).to.have.length(2);
      await assertWhole(given);
    });
  });
}

function describeWhoReceivesIt(open: OpenStores): void {
  describe('the new revision', () => {
    const FREE = 'no earlier revision can have arrived there';
    const CASES: readonly [string, Outcome | 'no answer' | 'untried', boolean, string][] = [
      ['never attempted', 'untried', true, FREE],
      ['rejected', { kind: 'rejected', reason: 'no' }, true, FREE],
      ['refused for good', { kind: 'terminal_failed', reason: 'no' }, true, FREE],
      ['delivered', SUCCESS, false, 'revision 1 was delivered'],
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
      it(`is ${receives ? '' : 'not '}sent where the old one was ${what}`, async () => {
        const given = await givenConflict(open);
        const { conflicts } = given.stores;
        const id = await drainedTo(given, 'a', outcome);
        const planned = await conflicts.plan('e', 'incoming');
        expect(planned.targets[0]).to.include({ receives, reason });
        const decision = await conflicts.decide('e', 'incoming', 5_000);
        expect(decision.targets).to.deep.equal([
          { target_id: id, canonical_url: 'http://a.test', receives, reason },
        ]);
        await assertWhole(given);
        const sent = await sentTo(given, id);
        expect(sent.filter((one) => one.startsWith('e='))).to.deep.equal(
          receives ? [`e=${SECOND}`] : [],
        );
        await assertWhole(given);
        expect(await sentTo(given, id)).to.deep.equal([]);
      });

    it('stays away from who has any earlier one', async () => {
      const given = await givenConflict(open);
      const { conflicts, journal } = given.stores;
      const a = await drainedTo(given, 'a', SUCCESS);
      const b = await drainedTo(given, 'b', 'untried');
      await conflicts.decide('1', 'incoming', 5_000);
      expect(await sentTo(given, b)).to.include(`e=${SECOND}`);
      await journal.append([newEvent('e', { bytes: THIRD })], 'capture');
      const decision = await conflicts.decide('2', 'incoming', 6_000);
      expect(decision.targets.map(({ receives, reason }) => [receives, reason])).to.deep.equal([
        [false, 'revision 1 was delivered'],
        [false, 'revision 2 was delivered'],
      ]);
      await assertWhole(given);
      for (const id of [a, b]) expect(await sentTo(given, id)).to.deep.equal([]);
      const c = await drainedTo(given, 'c', 'untried');
      expect(await sentTo(given, c)).to.include(`e=${THIRD}`);
      await assertWhole(given);
    });
  });
}

function describeOnTheWire(open: OpenStores): void {
  describe('while a batch with the old revision is on the wire, the new one', () => {
    it('is withheld, and events behind it still go', async () => {
      const given = await givenConflict(open);
      const { conflicts, journal } = given.stores;
      const id = await ensureTarget(given);
      const receiver = new ScriptedReceiver();
      receiver.answer = async (batch) => {
        await conflicts.decide('e', 'incoming', 5_000);
        await journal.append([newEvent('behind')], 'capture');
        return results(batch, () => SUCCESS);
      };
      await drained(given, id, receiver);
      await assertWhole(given);
      expect(await sentTo(given, id)).to.deep.equal([`behind=${BEHIND}`]);
      await assertWhole(given);
    });

    it('is sent after all where that batch is given back unposted', async () => {
      const given = await givenConflict(open);
      const id = await drainedTo(given, 'a', 'untried');
      await decideWhileClaimed(given, id, 'give back');
      await assertWhole(given);
      expect(await sentTo(given, id)).to.have.members([`before=${BEFORE}`, `e=${SECOND}`]);
      await assertWhole(given);
    });

    it('is withheld still where the batch given back had been tried before', async () => {
      const given = await givenConflict(open);
      const id = await drainedTo(given, 'a', 'no answer');
      await decideWhileClaimed(given, id, 'give back');
      await assertWhole(given);
      const sent = await sentTo(given, id);
      expect(sent.filter((one) => one.startsWith('e='))).to.deep.equal([]);
    });

    it('is sent after all where the old one turns out too large to be posted', async () => {
      const given = await givenConflict(open);
      const id = await drainedTo(given, 'a', 'untried');
      await decideWhileClaimed(given, id, 'too large');
      expect(await sentTo(given, id)).to.include(`e=${SECOND}`);
      await assertWhole(given);
    });

    const VERDICTS_MEANWHILE: readonly [string, Outcome, string[]][] = [
      ['rejected', { kind: 'rejected', reason: 'no' }, [`e=${SECOND}`]],
      ['refused for good', { kind: 'terminal_failed', reason: 'no' }, [`e=${SECOND}`]],
      ['answered with an error', { kind: 'transient', reason: '500' }, []],
    ];
    for (const [what, outcome, expected] of VERDICTS_MEANWHILE)
      it(`is ${expected.length > 0 ? 'sent after all' : 'withheld still'} where the post of the old one is ${what}`, async () => {
        const given = await givenConflict(open);
        const id = await ensureTarget(given);
        const receiver = new ScriptedReceiver();
        receiver.answer = async (batch) => {
          if (receiver.posts.length === 1)
            await given.stores.conflicts.decide('e', 'incoming', 5_000);
          return results(batch, ({ eventId }) => (eventId === 'e' ? outcome : SUCCESS));
        };
        await drained(given, id, receiver);
        await assertWhole(given);
        expect(await sentTo(given, id)).to.deep.equal(expected);
        await assertWhole(given);
      });
  });
}

const SUCCESS: Outcome = { kind: 'success' };

/** Ledger and counters agree, and every known target's numbers make the whole. */
async function assertWhole(given: GivenStores): Promise<void> {
  await assertVerified(given);
  const targets = await given.stores.targets.list();
  const context = {
    targets,
    current: targets[0],
    identity: undefined,
    newStartFor: () => null,
    permissionFor: () => EVERYTHING_ALLOWED,
    blockedReason: () => null,
    spool: new Spool(`${given.home}/spool`),
    now: 20_000,
  };
  const counts = await given.stores.reports.counts(countedFor(context));
  for (const target of sectionsOf(counts, context).delivery_ledger.per_target)
    expect(target.adds_up, JSON.stringify(target)).to.equal(true);
}

/** An event and a conflict about it, found by a capture. */
async function givenConflict(open: OpenStores): Promise<GivenStores> {
  const given = await givenStores(open);
  const { journal } = given.stores;
  await journal.append([newEvent('before'), newEvent('e', { bytes: FIRST })], 'capture');
  await journal.append([newEvent('e', { bytes: SECOND })], 'capture');
  return given;
}

/** A target to which everything was drained once, with this answer for `e`. */
async function drainedTo(
  given: GivenStores,
  name: string,
  outcome: Outcome | 'no answer' | 'untried',
): Promise<number> {
  const id = await ensureTarget(given, name);
  if (outcome === 'untried') return id;
  const receiver = new ScriptedReceiver();
  receiver.answer = (batch) =>
    outcome === 'no answer'
      ? unanswered(batch)
      : results(batch, (event) => (event.eventId === 'e' ? outcome : SUCCESS));
  await drained(given, id, receiver);
  return id;
}

/** Claims everything, decides for the incoming payload, and ends the claim without a post. */
async function decideWhileClaimed(
  { stores: { conflicts, ledger } }: GivenStores,
  id: number,
  end: 'give back' | 'too large',
): Promise<void> {
  const pass = await beginPass({ ledger }, id);
  const claimed = (await claim({ ledger }, pass)) ?? expect.fail('nothing was claimed');
  await conflicts.decide('e', 'incoming', 5_000);
  if (end === 'give back') {
    await ledger.release(pass, claimed, claimed.events);
    return;
  }
  const tooLarge = { kind: 'terminal_failed', reason: 'too large' } as const;
  const old = claimed.events.filter(({ eventId }) => eventId === 'e');
  const settlements = old.map((event) => ({ ...settlement(event, tooLarge), posted: false }));
  const { health } = pass;
  await ledger.settle(pass, claimed, { settlements, health, now: 6_000, deploymentRef: null });
}

/** What one target is sent from now on, as `id=bytes`. */
async function sentTo(given: GivenStores, id: number): Promise<string[]> {
  const receiver = new ScriptedReceiver();
  const sent: string[] = [];
  receiver.answer = (batch) => {
    sent.push(...batch.map(({ eventId, bytes }) => `${eventId}=${bytes}`));
    return results(batch, () => SUCCESS);
  };
  await drained(given, id, receiver);
  return sent;
}
