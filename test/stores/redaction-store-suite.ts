import { expect } from 'chai';
import type { NewEvent } from '../../src/journal/new-event.js';
import { UnknownEventError } from '../../src/journal/unknown-event.js';
import { newEvent, newEvents } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import {
  assertVerified,
  drained,
  ensureTarget,
  type GivenStores,
  givenDelivered,
  givenStores,
  type OpenStores,
} from './given-stores.js';

const SECRET = 'correct-horse-battery-staple';
const WHY = { reason: 'held a password', now: 7_000 };
const ANY_AGE = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: true };

function secretEvent(eventId: string, more: Partial<NewEvent> = {}, text = SECRET): NewEvent {
  const bytes = Buffer.from(JSON.stringify({ event_id: eventId, event_type: 'T', p: text }));
  return newEvent(eventId, { bytes, ...more });
}

const AUDITED = { audit: { action: 'discarded', family: 'f', reason: 'r' } } as const;

/** What every RedactionStore promises. */
export function describeRedactionStore(name: string, open: OpenStores): void {
  describe(`RedactionStore on ${name}`, () => {
    describeTraces(open);
    describeRedaction(open);
    describeAnswers(open);
  });
}

/** A row of the journal, a conflict and an entry of the audit log, all with bytes. */
async function givenCopies(open: OpenStores): Promise<GivenStores> {
  const given = await givenStores(open);
  await ensureTarget(given);
  const { journal } = given.stores;
  await journal.append([newEvent('before'), secretEvent('x')], 'capture');
  await journal.append([secretEvent('x', {}, `${SECRET}-other`)], 'capture');
  await journal.append([secretEvent('x', AUDITED, `${SECRET}-audited`)], 'capture');
  return given;
}

function describeTraces(open: OpenStores): void {
  describe('traces', () => {
    it('name every copy, and change nothing', async () => {
      const { stores } = await givenCopies(open);
      const traces = await stores.redaction.traces('x');
      expect(traces).to.include({ conflicts: 1, audits: 1, earlier: null });
      expect(traces.revisions.map(({ seq, kind, detail }) => [seq, kind, detail])).to.deep.equal([
        [2, null, null],
      ]);
      expect(traces.event.eventId).to.equal('x');
      expect(traces.event.payloads).to.have.length(3);
      expect(traces.event.digests).to.have.length(3);
      expect(traces.event.content.isIn(`it said ${SECRET}`)).to.equal(true);
      expect(traces.event.lastAttemptAt).to.equal(null);
      expect(traces.importedFrom).to.deep.equal([]);
      expect(await stores.redaction.traces('x')).to.deep.equal(traces);
    });

    it('include contents that only archives hold', async () => {
      const { stores } = await givenCopies(open);
      const { event } = await stores.redaction.traces('x', [Buffer.from('{"q":"in an archive"}')]);
      expect(event.payloads).to.have.length(4);
      expect(event.content.isIn('read in an archive')).to.equal(true);
    });

    it('name the targets that were given the event, and when', async () => {
      const { stores } = await givenDelivered(open, 1);
      const { seenBy, event } = await stores.redaction.traces('e-000001');
      expect(seenBy).to.deep.equal([
        {
          target_id: 1,
          target_name: 'a.test',
          canonical_url: 'http://a.test',
          status: 'success',
          in_flight: 0,
        },
      ]);
      expect(event.lastAttemptAt).to.be.a('number');
    });

    it('exist for an event that only the audit log has', async () => {
      const { stores } = await givenStores(open);
      await stores.journal.append([secretEvent('y', AUDITED)], 'capture');
      expect(await stores.redaction.traces('y')).to.deep.include({ revisions: [], audits: 1 });
    });

    it('of an id that nobody captured are an UnknownEventError; it has no revisions', async () => {
      const { stores } = await givenStores(open);
      expect(await stores.redaction.revisions('nobody')).to.deep.equal([]);
      for (const refused of [
        () => stores.redaction.traces('nobody'),
        () => stores.redaction.redact('nobody', WHY),
      ])
        expect(await failureOf(refused())).to.be.instanceOf(UnknownEventError);
    });

    it('find other events with the same bytes, while they have them', async () => {
      const { stores } = await givenCopies(open);
      const { bytes } = secretEvent('x');
      await stores.journal.append([newEvent('twin', { bytes })], 'capture');
      const { event } = await stores.redaction.traces('x');
      const { redaction, retention } = stores;
      const head = await retention.head();
      expect(await redaction.sameBytes(event, { first: 1, last: head - 1 })).to.deep.equal([]);
      expect(await redaction.sameBytes(event, { first: 1, last: head })).to.deep.equal(['twin']);
      await redaction.redact('twin', WHY);
      expect(await redaction.sameBytes(event, { first: 1, last: head })).to.deep.equal([]);
    });
  });
}

function describeRedaction(open: OpenStores): void {
  describe('redact', () => {
    it('erases every copy, and keeps digest and reason', async () => {
      const given = await givenCopies(open);
      const { redaction, retention, journal } = given.stores;
      const erased = await redaction.redact('x', WHY);
      expect(erased).to.include({ conflicts: 1, audits: 1, answers: 0, earlier: null });
      expect(erased.revisions.map(({ bytes }) => bytes?.includes(SECRET))).to.deep.equal([true]);
      const traces = await redaction.traces('x');
      expect(traces).to.deep.include({
        conflicts: 0,
        audits: 0,
        earlier: { at: 7_000, reason: 'held a password' },
      });
      expect(traces.event.payloads).to.deep.equal([]);
      expect((await retention.records([1, 2])).map(({ seq }) => seq)).to.deep.equal([1]);
      expect(await journal.append([secretEvent('x')], 'capture')).to.deep.equal(['duplicate']);
      await assertVerified(given);
    });

    it('takes an undelivered event out of every selection', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await given.stores.journal.append(newEvents(3), 'capture');
      await given.stores.redaction.redact('e-000002', WHY);
      expect(await drained(given)).to.deep.equal(['e-000001', 'e-000003']);
      expect(await given.stores.retention.eligible({ first: 1, last: 9 }, ANY_AGE)).to.have.length(
        2,
      );
      await assertVerified(given);
    });

    it('works on an event on the wire, says so, and its verdict is still recorded', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await given.stores.journal.append(newEvents(2), 'capture');
      const receiver = new ScriptedReceiver();
      let inFlight: unknown;
      receiver.answer = async (batch) => {
        const { seenBy } = await given.stores.redaction.redact('e-000001', WHY);
        inFlight = seenBy;
        return results(batch, () => ({ kind: 'success' }));
      };
      await drained(given, 1, receiver);
      expect(inFlight).to.deep.equal([
        {
          target_id: 1,
          target_name: 'a.test',
          canonical_url: 'http://a.test',
          status: null,
          in_flight: 1,
        },
      ]);
      const { seenBy } = await given.stores.redaction.traces('e-000001');
      expect(seenBy).to.deep.include({
        target_id: 1,
        target_name: 'a.test',
        canonical_url: 'http://a.test',
        status: 'success',
        in_flight: 0,
      });
      expect(await drained(given)).to.deep.equal([]);
      await assertVerified(given);
    });

    it('makes purged and archived bytes redacted ones', async () => {
      const given = await givenDelivered(open, 2);
      const { redaction, retention } = given.stores;
      await retention.purge([1], ANY_AGE, { kind: 'gc' }, 1);
      await retention.purge([2], ANY_AGE, { kind: 'archive', archiveId: 'archive-1' }, 1);
      const [archived] = await redaction.revisions('e-000002');
      expect(archived).to.include({ kind: 'archive', detail: 'archive-1', bytes: null });
      for (const id of ['e-000001', 'e-000002']) {
        await redaction.redact(id, WHY);
        const [redacted] = await redaction.revisions(id);
        expect(redacted).to.include({ kind: 'redact', detail: WHY.reason, bytes: null });
      }
      expect(await retention.needsArchive('archive-1')).to.equal(false);
      await assertVerified(given);
    });

    it('keeps the first reason, and erases copies that came in since', async () => {
      const given = await givenStores(open);
      const { journal, redaction } = given.stores;
      await journal.append([secretEvent('x')], 'capture');
      await redaction.redact('x', WHY);
      await journal.append([secretEvent('x', {}, `${SECRET}-again`)], 'capture');
      const again = await redaction.redact('x', { reason: 'other', now: 8_000 });
      expect(again).to.deep.include({
        conflicts: 1,
        earlier: { at: WHY.now, reason: WHY.reason },
      });
      expect(await redaction.traces('x')).to.deep.include({
        conflicts: 0,
        earlier: { at: WHY.now, reason: WHY.reason },
      });
      await assertVerified(given);
    });
  });
}

function describeAnswers(open: OpenStores): void {
  describe('recorded answers of servers', () => {
    it('are erased where they are of the event, or repeat it', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await given.stores.journal.append([secretEvent('x'), newEvent('other')], 'capture');
      const receiver = new ScriptedReceiver();
      receiver.answer = (batch) =>
        results(batch, () => ({ kind: 'rejected', reason: `not with ${SECRET}` }));
      await drained(given, 1, receiver);
      const { answers } = await given.stores.redaction.redact('x', WHY);
      expect(answers).to.be.at.least(2);
      expect((await given.stores.redaction.redact('x', WHY)).answers).to.equal(0);
      await assertVerified(given);
    });
  });
}
