import { expect } from 'chai';
import type { Outcome } from '../../src/dispatch/ports.js';
import type { EventFilter } from '../../src/journal/event-filter.js';
import type { RequeueCounts, RequeueKind } from '../../src/ledger/requeue.js';
import { EVERYTHING_ALLOWED } from '../support/core.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import {
  assertVerified,
  drained,
  ensureTarget,
  type GivenStores,
  givenStores,
  type OpenStores,
} from './given-stores.js';

const NOTHING = { selected: 0, by_status: {}, in_flight: 0, already_marked: 0, not_live: {} };

/** What every RequeueStore promises. */
export function describeRequeueStore(name: string, open: OpenStores): void {
  describe(`RequeueStore on ${name}`, () => {
    describeRetry(open);
    describeReplay(open);
  });
}

function describeRetry(open: OpenStores): void {
  describe('retry', () => {
    it('makes due what failed for good, and the next drain delivers it', async () => {
      const { given } = await givenAnswered(open, 3, () => TERMINAL);
      expect(await requeueBoth(given, 'retry')).to.deep.equal({
        ...NOTHING,
        selected: 3,
        by_status: { terminal_failed: 3 },
      });
      const { ledger } = given.stores;
      expect(await ledger.workDue(1, EVERYTHING_ALLOWED)).to.include({ nextRetryAt: 20_000 });
      expect(await drained(given)).to.deep.equal(['e-000001', 'e-000002', 'e-000003']);
      expect(await requeueBoth(given, 'retry')).to.deep.equal(NOTHING);
    });

    it('takes rejected and transient ones too, without waiting for their backoff', async () => {
      const { given } = await givenAnswered(open, 2, (id) =>
        id === 'e-000001' ? REJECTED : TRANSIENT,
      );
      expect(await requeueBoth(given, 'retry')).to.deep.include({
        selected: 2,
        by_status: { rejected: 1, failed_transient: 1 },
      });
      const { nextRetryAt } = await given.stores.ledger.workDue(1, EVERYTHING_ALLOWED);
      expect(nextRetryAt).to.be.at.most(20_000);
      const { by_status } = await given.stores.requeue.count(requestOf('retry'));
      expect(by_status, 'they are what they were').to.deep.equal({
        rejected: 1,
        failed_transient: 1,
      });
    });

    it('takes those only that failed for the cause that is named', async () => {
      const { given } = await givenAnswered(open, 5, (id) => CAUSED[id] ?? SUCCESS);
      const of = async (cause: string): Promise<Record<string, number>> =>
        (await given.stores.requeue.count({ ...requestOf('retry'), cause })).by_status;
      expect(await of('too large: …')).to.deep.equal({ terminal_failed: 1, rejected: 1 });
      expect(await of('too large: 1000001'), 'the error of one event').to.deep.equal(
        await of('too large: …'),
      );
      for (const cause of ['too large', 'Too large: …', '%', '', ' ', "' OR 1=1 --", '\0'])
        expect(await of(cause), cause).to.deep.equal({});
      const request = { ...requestOf('retry'), cause: HOSTILE };
      expect(await of(HOSTILE)).to.deep.equal({ failed_transient: 1 });
      expect(await given.stores.requeue.requeue(request)).to.include({ selected: 1 });
      const wanted = { ...requestOf('retry'), cause: 'too large: …' };
      expect(await given.stores.requeue.requeue(wanted)).to.include({ selected: 2 });
      expect(await drained(given)).to.have.members(['e-000001', 'e-000002', 'e-000003']);
      expect(await of('no'), 'the others are what they were').to.deep.equal({ terminal_failed: 1 });
      await assertVerified(given, ['counters', 'ledger']);
    });

    it('leaves delivered and pending ones alone', async () => {
      const { given } = await givenAnswered(open, 2, (id) =>
        id === 'e-000001' ? SUCCESS : { kind: 'pending', serverState: 'q' },
      );
      expect(await requeueBoth(given, 'retry')).to.deep.equal(NOTHING);
    });

    it('leaves alone what is on the wire', async () => {
      const { given, receiver } = await givenAnswered(open, 2, () => REJECTED);
      let seen: RequeueCounts | undefined;
      receiver.answer = async (batch) => {
        seen = await requeueBoth(given, 'retry');
        return results(batch, () => TERMINAL);
      };
      await drained(given, 1, receiver);
      expect(seen).to.include({ selected: 0, in_flight: 2 });
      expect(await requeueBoth(given, 'retry')).to.deep.include({
        by_status: { terminal_failed: 2 },
      });
    });

    it('leaves alone what is no longer live, and says what it is', async () => {
      const { given } = await givenAnswered(open, 2, () => TERMINAL);
      await archive(given, 1);
      expect(await requeueBoth(given, 'retry')).to.deep.include({
        selected: 1,
        not_live: { archived: 1 },
      });
    });
  });
}

function describeReplay(open: OpenStores): void {
  describe('replay', () => {
    it('marks delivered ones, sends nothing, and the next drain sends them once', async () => {
      const { given, receiver } = await givenAnswered(open, 4, () => SUCCESS);
      expect(await requeueBoth(given, 'replay')).to.deep.include({
        selected: 4,
        by_status: { success: 4 },
      });
      expect(receiver.posts).to.have.length(1);
      const backlog = () => given.stores.ledger.backlog(1, EVERYTHING_ALLOWED);
      expect(await backlog()).to.include({ retryable: 4, unsent: 0 });
      expect(await drained(given)).to.deep.equal(receiver.posts[0]);
      expect(await backlog()).to.include({ retryable: 0 });
      expect(await drained(given)).to.deep.equal([]);
      await assertVerified(given);
    });

    it('gives the new generation a verdict of its own', async () => {
      const { given, receiver } = await givenAnswered(open, 2, () => SUCCESS);
      await requeueBoth(given, 'replay');
      receiver.answer = (batch) =>
        results(batch, ({ eventId }) => (eventId === 'e-000001' ? REJECTED : SUCCESS));
      await drained(given, 1, receiver);
      expect(await requeueBoth(given, 'retry')).to.deep.include({ by_status: { rejected: 1 } });
      expect(await requeueBoth(given, 'replay')).to.deep.include({ by_status: { success: 1 } });
    });

    it('marks an event once, however often it is asked', async () => {
      const { given } = await givenAnswered(open, 3, () => SUCCESS);
      await requeueBoth(given, 'replay', { seqs: [2] });
      expect(await requeueBoth(given, 'replay')).to.include({ selected: 2, already_marked: 1 });
      expect(await requeueBoth(given, 'replay')).to.include({ selected: 0, already_marked: 3 });
      expect(await drained(given)).to.have.length(3);
    });

    it('takes those only that the filter names', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await given.stores.journal.append(
        [
          newEvent('a', { capturedAt: 1_000 }),
          newEvent('b', { capturedAt: 2_000, eventType: 'Other' }),
          newEvent('c', { capturedAt: 3_000, ...inProject('p') }),
        ],
        'capture',
      );
      await drained(given);
      const selected = async (filter: EventFilter): Promise<number> =>
        (await given.stores.requeue.count(requestOf('replay', filter))).selected;
      expect(await selected({ type: 'Other' })).to.equal(1);
      expect(await selected({ since: 2_000 })).to.equal(2);
      expect(await selected({ until: 2_000 })).to.equal(1);
      expect(await selected({ since: 2_000, until: 3_000 })).to.equal(1);
      expect(await selected({ originIds: [2] })).to.equal(1);
      expect(await selected({ originIds: [] })).to.equal(0);
      expect(await selected({ seqs: [1, 3], since: 2_000 })).to.equal(1);
    });

    it('does not reach what is archived', async () => {
      const { given } = await givenAnswered(open, 3, () => SUCCESS);
      await archive(given, 2);
      expect(await requeueBoth(given, 'replay')).to.deep.include({
        selected: 2,
        not_live: { archived: 1 },
      });
    });

    it('touches no other target', async () => {
      const { given } = await givenAnswered(open, 1, () => SUCCESS);
      const other = await ensureTarget(given, 'b');
      await drained(given, other);
      await requeueBoth(given, 'replay', {}, other);
      expect(await drained(given, 1)).to.deep.equal([]);
      expect(await drained(given, other)).to.deep.equal(['e-000001']);
    });

    it('tells how far it is, and goes on where an earlier call ended', async () => {
      const { given } = await givenAnswered(open, 2_500, () => SUCCESS);
      const seen: number[] = [];
      await given.stores.requeue
        .requeue(requestOf('replay'), (done) => {
          seen.push(done);
          throw new Error('interrupted');
        })
        .catch(() => undefined);
      await assertVerified(given);
      const [first] = seen;
      expect(first).to.be.within(1, 2_500);
      const done = await given.stores.requeue.requeue(requestOf('replay'), (n) => seen.push(n));
      expect(done).to.include({ already_marked: first, selected: 2_500 - (first ?? 0) });
      expect(seen.at(-1)).to.equal(done.selected);
    });
  });
}

const SUCCESS: Outcome = { kind: 'success' };
const REJECTED: Outcome = { kind: 'rejected', reason: 'no' };
const TRANSIENT: Outcome = { kind: 'transient', reason: 'later' };
const TERMINAL: Outcome = { kind: 'terminal_failed', reason: 'too large' };

const HOSTILE = `"'; DROP TABLE delivery; --<script>\u202e \\u202e`;
const CAUSED: Readonly<Record<string, Outcome>> = {
  'e-000001': { kind: 'terminal_failed', reason: 'too large: 1000001' },
  'e-000002': { kind: 'rejected', reason: 'too large: 2000002' },
  'e-000003': { kind: 'transient', reason: HOSTILE },
  'e-000004': { kind: 'terminal_failed', reason: 'no' },
};

/** Events drained once, each with its verdict. */
async function givenAnswered(
  open: OpenStores,
  count: number,
  verdict: (eventId: string) => Outcome,
): Promise<{ given: GivenStores; receiver: ScriptedReceiver }> {
  const given = await givenStores(open);
  await ensureTarget(given);
  await given.stores.journal.append(newEvents(count), 'capture');
  const receiver = new ScriptedReceiver();
  receiver.answer = (batch) => results(batch, ({ eventId }) => verdict(eventId));
  await drained(given, 1, receiver);
  return { given, receiver };
}

const requestOf = (kind: RequeueKind, filter: EventFilter = {}, targetId = 1) => ({
  kind,
  targetId,
  filter,
  now: 20_000,
});

/** Counts first, then acts: both must name the same set. */
async function requeueBoth(
  given: GivenStores,
  kind: RequeueKind,
  filter: EventFilter = {},
  targetId = 1,
): Promise<RequeueCounts> {
  const request = requestOf(kind, filter, targetId);
  const expected = await given.stores.requeue.count(request);
  const done = await given.stores.requeue.requeue(request);
  expect(done).to.deep.equal(expected);
  await assertVerified(given, ['counters', 'ledger']);
  return done;
}

async function archive({ stores }: GivenStores, seq: number): Promise<void> {
  const scope = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: true };
  const record = { kind: 'archive', archiveId: 'archive-1' } as const;
  const { events } = await stores.retention.purge([seq], scope, record, 1);
  expect(events).to.equal(1);
}
