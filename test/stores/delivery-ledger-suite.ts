import { expect } from 'chai';
import type { Claim, Pass, Permission } from '../../src/dispatch/ports.js';
import { INTERRUPTED, LostLeaseError } from '../../src/ledger/delivery-ledger.js';
import type { Stores } from '../../src/stores.js';
import {
  beginPass,
  claim,
  claimRequest,
  HEALTHY,
  REJECTED,
  SUCCESS,
  seqsOf,
  settle,
  TRANSIENT,
} from '../ledger/hand-drain.js';
import { EVERYTHING_ALLOWED } from '../support/core.js';
import { inProject, newEvents } from '../support/events.js';
import {
  assertVerified,
  ensureTarget,
  type GivenStores,
  givenStores,
  type OpenStores,
} from './given-stores.js';

const NOT_P1: Permission = ({ projectUuid }) =>
  projectUuid === 'p1' ? 'project_not_allowed' : null;

/** What every ledger promises. */
export function describeDeliveryLedger(name: string, open: OpenStores): void {
  describe(`DeliveryLedger on ${name}`, () => {
    let given: GivenStores;
    beforeEach(async () => {
      given = await givenStores(open);
      await ensureTarget(given);
    });
    afterEach(() => assertVerified(given));
    const stores = (): Stores => given.stores;
    describeClaims(stores);
    describeLookingAhead(stores);
    describeSettlements(stores);
    describeRecovery(stores);
    describeReleases(stores);
    describeBacklog(stores);
    describePostLog(stores);
  });
}

function describeClaims(stores: () => Stores): void {
  describe('a claim', () => {
    it('moves on over what it took, and over nothing else', async () => {
      const events = newEvents(9).map((event, i) => ({ ...event, ...inProject(`p${i % 3}`) }));
      await stores().journal.append(events, 'capture');
      const pass = await beginPass(stores());
      const held = await settleNext(stores(), pass, { maxEvents: 4, heldBy: NOT_P1 });
      expect(seqsOf(held)).to.deep.equal([1, 3, 4, 6]);
      expect(seqsOf(await settleNext(stores(), pass))).to.deep.equal([2, 5, 7, 8, 9]);
    });

    it('has events with their exact bytes, and says whether they left before', async () => {
      const events = newEvents(2);
      await stores().journal.append(events, 'capture');
      const first = await settleNext(stores(), await beginPass(stores()), {}, TRANSIENT);
      const again = await claim(stores(), await beginPass(stores()));
      for (const [claimed, attempted] of [
        [first, false],
        [again, true],
      ] as const)
        expect(
          claimed?.events.map((event) => [event.eventId, event.attempted, event.bytes.toString()]),
        ).to.deep.equal(events.map(({ eventId, bytes }) => [eventId, attempted, bytes.toString()]));
    });

    it('says what first attempts have passed over, and nothing of others', async () => {
      const events = newEvents(7).map((event, i) => ({ ...event, ...inProject(`p${i % 2}`) }));
      await stores().journal.append(events, 'capture');
      const pass = await beginPass(stores());
      const passed = (one: Claim | undefined) =>
        one?.events.map(({ seq, previous }) => [seq, previous]);
      const held = { heldBy: NOT_P1, maxEvents: 2 };
      expect(passed(await settleNext(stores(), pass, held, TRANSIENT))).to.deep.equal([
        [1, 0],
        [3, 1],
      ]);
      expect(passed(await settleNext(stores(), pass, held))).to.deep.equal([
        [5, 3],
        [7, 5],
      ]);
      await stores().journal.append(newEvents(1, 'late'), 'capture');
      expect(passed(await claim(stores(), await beginPass(stores())))).to.deep.equal([
        [1, undefined],
        [2, undefined],
        [3, undefined],
        [4, undefined],
        [6, undefined],
        [8, 7],
      ]);
    });

    it('says where events come from, and when they were captured', async () => {
      await stores().journal.append(
        newEvents(1, 'e', { ...inProject('p'), capturedAt: 77 }),
        'capture',
      );
      const one = await claim(stores(), await beginPass(stores()));
      expect(one?.events[0]).to.deep.include({ capturedAt: 77 });
      expect(one?.events[0]?.origin).to.deep.include({ projectUuid: 'p' });
    });

    it('holds what fits the bytes of one request, and leaves the rest in its place', async () => {
      await stores().journal.append(newEvents(6), 'capture');
      const pass = await beginPass(stores());
      const request = { limits: { maxEvents: 1_000, maxBytes: 1_000 }, wireSize: () => 400 };
      expect(seqsOf(await settleNext(stores(), pass, request))).to.deep.equal([1, 2]);
      expect(seqsOf(await settleNext(stores(), pass, request))).to.deep.equal([3, 4]);
    });

    it('ends at the head the pass began with', async () => {
      await stores().journal.append(newEvents(2, 'early'), 'capture');
      const pass = await beginPass(stores());
      await stores().journal.append(newEvents(2, 'late'), 'capture');
      expect(seqsOf(await settleNext(stores(), pass))).to.deep.equal([1, 2]);
      expect(await claim(stores(), pass)).to.equal(undefined);
      expect(seqsOf(await settleNext(stores(), await beginPass(stores())))).to.deep.equal([3, 4]);
    });

    it('gives no event twice in one pass, however it ended', async () => {
      await stores().journal.append(newEvents(5), 'capture');
      const pass = await beginPass(stores());
      await settleNext(stores(), pass, {}, REJECTED);
      expect(await claim(stores(), pass)).to.equal(undefined);
      const next = await settleNext(stores(), await beginPass(stores()));
      expect(seqsOf(next)).to.deep.equal([1, 2, 3, 4, 5]);
    });

    it('mixes retries with new events, half and half, in the order of the journal', async () => {
      await stores().journal.append(newEvents(6, 'old'), 'capture');
      await settleNext(stores(), await beginPass(stores()), {}, TRANSIENT);
      await stores().journal.append(newEvents(6, 'new'), 'capture');
      const pass = await beginPass(stores());
      const first = await settleNext(stores(), pass, { maxEvents: 4 });
      expect(seqsOf(first)).to.deep.equal([1, 2, 7, 8]);
      const rest = await settleNext(stores(), pass, { maxEvents: 20 });
      expect(seqsOf(rest)).to.deep.equal([3, 4, 5, 6, 9, 10, 11, 12]);
    });

    it('waits for the time of a retry, unless it is told not to', async () => {
      await stores().journal.append(newEvents(2), 'capture');
      await settleNext(stores(), await beginPass(stores()), {}, TRANSIENT);
      const { nextRetryAt } = await stores().ledger.workDue(1, EVERYTHING_ALLOWED);
      const due = nextRetryAt ?? expect.fail('no retry is due');
      const early = await beginPass(stores(), 1, due - 1);
      expect(await claim(stores(), early, { ignoreBackoff: false })).to.equal(undefined);
      const onTime = await beginPass(stores(), 1, due);
      const claimed = await claim(stores(), onTime, { ignoreBackoff: false });
      expect(seqsOf(claimed)).to.deep.equal([1, 2]);
    });

    it('has only what the target has accepted and not decided about, where that is asked for', async () => {
      await stores().journal.append(newEvents(3), 'capture');
      const pass = await beginPass(stores());
      const taken = (await claim(stores(), pass, { maxEvents: 2 })) as Claim;
      await settle(stores(), pass, taken, ({ seq }) =>
        seq === 1 ? { kind: 'pending', serverState: 'queued' } : REJECTED,
      );
      const again = await claim(stores(), await beginPass(stores()), { pendingOnly: true });
      expect(seqsOf(again)).to.deep.equal([1]);
    });

    it('keeps suspects to themselves and culprits alone', async () => {
      await stores().journal.append(newEvents(6), 'capture');
      const first = await beginPass(stores());
      const taken = (await claim(stores(), first)) as Claim;
      for (const [isolation, from] of [
        ['any', 0],
        ['suspect', 2],
        ['alone', 4],
      ] as const) {
        const events = taken.events.slice(from, from + 2);
        await settle(stores(), first, taken, REJECTED, { isolation, events });
      }
      const pass = await beginPass(stores());
      const batches: (string | number[])[][] = [];
      for (
        let next = await settleNext(stores(), pass);
        next !== undefined;
        next = await settleNext(stores(), pass)
      )
        batches.push([next.isolation, seqsOf(next)]);
      expect(batches).to.deep.equal([
        ['any', [1, 2]],
        ['suspect', [3, 4]],
        ['alone', [5]],
        ['alone', [6]],
      ]);
    });

    it('is refused to whoever lost the lease', async () => {
      await stores().journal.append(newEvents(2), 'capture');
      const stale = await beginPass(stores());
      await beginPass(stores());
      const refusal = await claim(stores(), stale).catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(LostLeaseError);
      const late = await stores()
        .ledger.beginPass(stale.lease, 1)
        .catch((error: unknown) => error);
      expect(late).to.be.instanceOf(LostLeaseError);
    });

    it('is of one target alone', async () => {
      const { targets, journal } = stores();
      const [a] = await targets.list();
      const b = await targets.ensure(
        { ...(a ?? expect.fail('no target')), urlHash: 'hash-of-b' },
        1_000,
      );
      await journal.append(newEvents(5), 'capture');
      const [passA, passB] = [await beginPass(stores(), 1), await beginPass(stores(), b.id)];
      const ofA = (await claim(stores(), passA, { maxEvents: 3 })) as Claim;
      const ofB = (await claim(stores(), passB)) as Claim;
      expect([seqsOf(ofA), seqsOf(ofB)]).to.deep.equal([
        [1, 2, 3],
        [1, 2, 3, 4, 5],
      ]);
      await settle(stores(), passB, ofB, REJECTED);
      await settle(stores(), passA, ofA, SUCCESS);
      expect(await backlogOf(stores(), 1)).to.include({ unsent: 2, retryable: 0 });
      expect(await backlogOf(stores(), b.id)).to.include({ unsent: 0, retryable: 5 });
    });
  });
}

function describeLookingAhead(stores: () => Stores): void {
  describe('looking ahead', () => {
    const begun = async () => {
      await stores().journal.append(newEvents(6), 'capture');
      const pass = await beginPass(stores());
      const first = (await claim(stores(), pass, { maxEvents: 2 })) as Claim;
      return { pass, first, request: claimRequest(pass, { maxEvents: 2 }) };
    };

    it('reads what goes next, and changes nothing', async () => {
      const { pass, request } = await begun();
      const ahead = await stores().ledger.lookAhead(pass, request);
      expect(ahead?.map(({ seq, bytes }) => [seq, bytes.length > 0])).to.deep.equal([
        [3, true],
        [4, true],
      ]);
      expect((await beginPass(stores())).recovered).to.equal(2);
    });

    it('claims it behind a claim whose verdicts are not written: both are in flight', async () => {
      const { pass, first, request } = await begun();
      const ahead = await stores().ledger.lookAhead(pass, request);
      const second = await stores().ledger.claimBehind(pass, first, request);
      expect(second?.events).to.equal(ahead);
      expect(await settle(stores(), pass, first, SUCCESS)).to.equal(true);
      expect((await beginPass(stores())).recovered).to.equal(2);
    });

    it('follows one claim again and again, whatever part of it is settled by then', async () => {
      const { pass, first, request } = await begun();
      const follow = async () => {
        await stores().ledger.lookAhead(pass, request);
        return stores().ledger.claimBehind(pass, first, request);
      };
      const second = await follow();
      const [one, ...others] = [...first.events, ...(second?.events ?? [])];
      if (one === undefined) throw new Error('nothing was claimed');
      expect(await settle(stores(), pass, { ...first, events: [one] }, SUCCESS)).to.equal(true);
      const third = await follow();
      expect(seqsOf(third)).to.deep.equal([5, 6]);
      expect(await settle(stores(), pass, { ...first, events: others }, SUCCESS)).to.equal(true);
      expect(await stores().ledger.release(pass, first, third?.events ?? [])).to.equal(true);
      expect(await backlogOf(stores())).to.include({ unsent: 2, retryable: 0 });
      expect((await beginPass(stores())).recovered).to.equal(0);
    });

    it('leaves both to the next pass when a crash comes before either is settled', async () => {
      const { pass, first, request } = await begun();
      await stores().ledger.lookAhead(pass, request);
      await stores().ledger.claimBehind(pass, first, request);
      expect((await beginPass(stores())).recovered).to.equal(4);
    });

    it('claims nothing where something else would go next', async () => {
      const { pass, first, request } = await begun();
      await stores().ledger.lookAhead(pass, request);
      await stores().redaction.redact('e-000003', { reason: 'a secret', now: 1 });
      expect(await stores().ledger.claimBehind(pass, first, request)).to.equal(undefined);
      await settle(stores(), pass, first, SUCCESS);
      expect(seqsOf(await claim(stores(), pass, { maxEvents: 2 }))).to.deep.equal([4, 5]);
    });

    it('claims nothing for whoever lost the lease', async () => {
      const { pass, first, request } = await begun();
      await stores().ledger.lookAhead(pass, request);
      await stores().ledger.takeLease(1, 'another process');
      expect(await stores().ledger.claimBehind(pass, first, request)).to.equal(undefined);
    });

    it('is of no consequence for the claim after it, but for its time', async () => {
      const { pass, first, request } = await begun();
      await stores().ledger.lookAhead(pass, request);
      await settle(stores(), pass, first, REJECTED);
      expect(seqsOf(await settleNext(stores(), pass, { maxEvents: 1 }))).to.deep.equal([3]);
      await stores().ledger.lookAhead(pass, request);
      await stores().ledger.lookAhead(pass, request);
      expect(seqsOf(await claim(stores(), pass))).to.deep.equal([4, 5, 6]);
    });
  });
}

function describeSettlements(stores: () => Stores): void {
  describe('a settlement', () => {
    beforeEach(() => stores().journal.append(newEvents(4), 'capture'));

    it('is dropped when another process drains the target by now', async () => {
      const stale = await beginPass(stores());
      const claimed = (await claim(stores(), stale)) as Claim;
      await beginPass(stores());
      expect(await settle(stores(), stale, claimed, SUCCESS)).to.equal(false);
      expect(await backlogOf(stores())).to.include({ retryable: 4 });
    });

    it('is dropped once the lease is taken, and so is the end of the pass', async () => {
      const stale = await beginPass(stores());
      const claimed = (await claim(stores(), stale)) as Claim;
      await stores().ledger.takeLease(1, 'another process');
      expect(await settle(stores(), stale, claimed, SUCCESS)).to.equal(false);
      await stores().ledger.endPass(stale, { ...HEALTHY, circuitFailures: 7 }, 1);
      const target = await stores().targets.find(1);
      expect(target).to.include({ leaseHolder: 'another process', circuitFailures: 0 });
    });

    it('is dropped when it comes for an earlier claim', async () => {
      const pass = await beginPass(stores());
      const first = (await claim(stores(), pass, { maxEvents: 2 })) as Claim;
      await settle(stores(), pass, first, TRANSIENT);
      const second = (await claim(stores(), pass, { maxEvents: 2 })) as Claim;
      expect(await settle(stores(), pass, first, REJECTED)).to.equal(false);
      expect(await settle(stores(), pass, second, SUCCESS)).to.equal(true);
    });

    it('changes nothing when every event in it is settled', async () => {
      const pass = await beginPass(stores());
      const claimed = (await claim(stores(), pass)) as Claim;
      expect(await settle(stores(), pass, claimed, REJECTED)).to.equal(true);
      expect(await settle(stores(), pass, claimed, REJECTED)).to.equal(false);
    });

    it('leaves in flight what is not in it', async () => {
      const pass = await beginPass(stores());
      const claimed = (await claim(stores(), pass)) as Claim;
      await settle(stores(), pass, claimed, SUCCESS, { events: claimed.events.slice(1, 3) });
      expect(await stores().ledger.workDue(1, EVERYTHING_ALLOWED)).to.include({ inFlight: true });
      expect((await beginPass(stores())).recovered).to.equal(2);
      expect(await stores().ledger.workDue(1, EVERYTHING_ALLOWED)).to.include({ inFlight: false });
    });

    it('records the health of the target', async () => {
      const pass = await beginPass(stores());
      const health = {
        ...HEALTHY,
        circuitFailures: 2,
        circuitOpenUntil: 90_000,
        resumeAt: 95_000,
        silentTimes: 1,
      };
      await stores().ledger.endPass(pass, health, 20_000);
      expect(await stores().targets.find(1)).to.include({
        circuitFailures: 2,
        circuitOpenUntil: 90_000,
        resumeAt: 95_000,
        leaseHolder: null,
        lastDrainedAt: 20_000,
      });
      expect((await beginPass(stores())).health).to.deep.equal(health);
    });

    it('of a redacted event says so before the post, and nothing once the claim is over', async () => {
      const pass = await beginPass(stores());
      const claimed = (await claim(stores(), pass)) as Claim;
      const redacted = () => stores().ledger.redactedOf(pass, claimed, claimed.events);
      expect(await redacted()).to.deep.equal(new Set());
      await stores().ledger.takeLease(1, 'another process');
      expect(await redacted()).to.equal(undefined);
    });
  });
}

function describeRecovery(stores: () => Stores): void {
  describe('what a crash left in flight', () => {
    beforeEach(() => stores().journal.append(newEvents(6), 'capture'));

    it('is due at once, and logged as interrupted', async () => {
      await crashInFlight(stores(), 4);
      expect((await beginPass(stores(), 1, 99_000)).recovered).to.equal(4);
      expect(await stores().ledger.workDue(1, EVERYTHING_ALLOWED)).to.deep.equal({
        hasUnsent: true,
        nextRetryAt: 99_000,
        inFlight: false,
      });
      const [post] = await stores().ledger.postsSince(1, 0);
      expect(post).to.include({ events: 4, durationMs: 89_000, httpStatus: null, bytesSent: 0 });
      expect(post?.error).to.equal(INTERRUPTED);
    });

    it('goes first in the next pass, also for one that honours backoff', async () => {
      await crashInFlight(stores(), 4);
      const pass = await beginPass(stores(), 1, 99_000);
      const claimed = await claim(stores(), pass, { ignoreBackoff: false });
      expect(seqsOf(claimed)).to.deep.equal([1, 2, 3, 4, 5, 6]);
      const attempted = claimed?.events.map((event) => event.attempted);
      expect(attempted).to.deep.equal([true, true, true, true, false, false]);
    });

    it('does not include what was settled before the crash', async () => {
      const pass = await beginPass(stores());
      const claimed = (await claim(stores(), pass, { maxEvents: 4 })) as Claim;
      await settle(stores(), pass, claimed, SUCCESS, { events: claimed.events.slice(0, 2) });
      const next = await beginPass(stores());
      expect(next.recovered).to.equal(2);
      expect(seqsOf(await claim(stores(), next))).to.deep.equal([3, 4, 5, 6]);
    });

    it('is recovered as often as it crashes', async () => {
      for (let i = 0; i < 3; i++) await crashInFlight(stores(), 6);
      expect((await beginPass(stores())).recovered).to.equal(6);
      expect(await stores().ledger.postsSince(1, 0)).to.have.length(3);
    });
  });
}

function describeReleases(stores: () => Stores): void {
  describe('a release', () => {
    beforeEach(() => stores().journal.append(newEvents(4), 'capture'));

    it('gives events back as if they had never been claimed', async () => {
      const before = await backlogOf(stores());
      const pass = await beginPass(stores());
      const claimed = (await claim(stores(), pass)) as Claim;
      expect(await stores().ledger.release(pass, claimed, claimed.events)).to.equal(true);
      expect(await backlogOf(stores())).to.deep.equal(before);
      const again = await claim(stores(), pass);
      expect(again?.events.map(({ seq, attempted }) => [seq, attempted])).to.deep.equal(
        [1, 2, 3, 4].map((seq) => [seq, false]),
      );
    });

    it('leaves the others of the claim in flight', async () => {
      const pass = await beginPass(stores());
      const claimed = (await claim(stores(), pass)) as Claim;
      await stores().ledger.release(pass, claimed, claimed.events.slice(2));
      expect((await beginPass(stores())).recovered).to.equal(2);
    });

    it('is dropped when the lease has moved on', async () => {
      const pass = await beginPass(stores());
      const claimed = (await claim(stores(), pass)) as Claim;
      await stores().ledger.takeLease(1, 'another process');
      expect(await stores().ledger.release(pass, claimed, claimed.events)).to.equal(false);
    });
  });
}

function describeBacklog(stores: () => Stores): void {
  describe('backlog and work due', () => {
    const HELD: Permission = () => 'project_not_allowed';

    it('tell what waits from what is held, and why', async () => {
      const events = newEvents(6).map((event, i) => ({ ...event, ...inProject(`p${i % 3}`) }));
      await stores().journal.append(events, 'capture');
      expect(await stores().ledger.backlog(1, NOT_P1)).to.deep.equal({
        unsent: 4,
        held: { project_not_allowed: 2 },
        excluded: 0,
        heldRetries: {},
        retryable: 0,
      });
      await settleNext(stores(), await beginPass(stores()), {}, REJECTED);
      expect(await stores().ledger.backlog(1, NOT_P1)).to.deep.equal({
        unsent: 0,
        held: {},
        excluded: 0,
        heldRetries: { project_not_allowed: 2 },
        retryable: 4,
      });
    });

    it('of a target that is not known are those of a new one', async () => {
      await stores().journal.append(newEvents(3), 'capture');
      await settleNext(stores(), await beginPass(stores()));
      expect(await backlogOf(stores(), 0)).to.include({ unsent: 3 });
      expect(await stores().ledger.workDue(0, EVERYTHING_ALLOWED)).to.deep.equal({
        hasUnsent: true,
        nextRetryAt: null,
        inFlight: false,
      });
    });

    it('follow the permission and every change', async () => {
      const { journal, ledger } = stores();
      const unsent = async (heldBy: Permission) => (await ledger.workDue(1, heldBy)).hasUnsent;
      expect(await unsent(EVERYTHING_ALLOWED)).to.equal(false);
      await journal.append(newEvents(1), 'capture');
      expect(await unsent(EVERYTHING_ALLOWED)).to.equal(true);
      expect(await unsent(HELD)).to.equal(false);
      await settleNext(stores(), await beginPass(stores()));
      expect(await unsent(EVERYTHING_ALLOWED)).to.equal(false);
    });

    it('are no reason to be blocked, nor is a gate one to send nothing', async () => {
      const { ledger, targets } = stores();
      await ledger.noteBlocked(1, { reason: 'missing_auth', message: 'log in first' });
      expect(await targets.find(1)).to.include({
        blockedReason: 'missing_auth',
        blockedMessage: 'log in first',
      });
      await ledger.noteBlocked(1, null);
      expect(await targets.find(1)).to.include({ blockedReason: null, blockedMessage: null });
    });
  });
}

function describePostLog(stores: () => Stores): void {
  describe('the post log', () => {
    it('has every post of a target in order, from any of them on', async () => {
      const { journal, ledger } = stores();
      expect(await ledger.lastPost(1)).to.equal(0);
      await journal.append(newEvents(5), 'capture');
      const pass = await beginPass(stores());
      await settleNext(stores(), pass, { maxEvents: 2 });
      const first = await ledger.lastPost(1);
      await settleNext(stores(), pass, { maxEvents: 3 }, REJECTED);
      const posts = await ledger.postsSince(1, 0);
      expect(posts.map(({ id, events }) => [id, events])).to.deep.equal([
        [first, 2],
        [await ledger.lastPost(1), 3],
      ]);
      expect(posts[0]).to.deep.include({
        passNo: pass.passNo,
        durationMs: 1,
        httpStatus: 200,
        bytesSent: 10,
        error: null,
      });
      expect(await ledger.postsSince(1, first)).to.deep.equal(posts.slice(1));
      expect(await ledger.postsSince(2, 0)).to.deep.equal([]);
    });
  });
}

async function settleNext(
  stores: Stores,
  pass: Pass,
  request: Parameters<typeof claim>[2] = {},
  outcome: Parameters<typeof settle>[3] = SUCCESS,
): Promise<Claim | undefined> {
  const claimed = await claim(stores, pass, request);
  if (claimed !== undefined) await settle(stores, pass, claimed, outcome);
  return claimed;
}

/** A process claims, posts, and is gone. */
async function crashInFlight(stores: Stores, maxEvents: number): Promise<void> {
  expect(await claim(stores, await beginPass(stores), { maxEvents })).not.to.equal(undefined);
}

const backlogOf = (stores: Stores, targetId = 1) =>
  stores.ledger.backlog(targetId, EVERYTHING_ALLOWED);
