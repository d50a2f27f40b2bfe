import { expect } from 'chai';
import type { OutboundEvent, Outcome, Permission } from '../../src/dispatch/ports.js';
import type { NewEvent } from '../../src/journal/new-event.js';
import { type Counts, countsAt, NO_COUNTS, NO_TARGET } from '../../src/reports/counts.js';
import {
  EVENT_STATES,
  type EventQuery,
  type EventState,
  type ListedEvent,
} from '../../src/reports/event-list.js';
import type { EventPageQuery } from '../../src/reports/event-page.js';
import { targetLedger } from '../../src/reports/ledger-section.js';
import type { Reports } from '../../src/reports/reports.js';
import { EVERYTHING_ALLOWED } from '../support/core.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
import { results, ScriptedReceiver } from '../support/scripted-receiver.js';
import {
  drained,
  ensureTarget,
  type GivenStores,
  givenDelivered,
  givenStores,
  type OpenStores,
} from './given-stores.js';

/** What every engine's Reports promise. */
export function describeReports(name: string, open: OpenStores): void {
  describe(`Reports on ${name}`, () => {
    describeCounts(open);
    describePosts(open);
    describeGrowth(open);
    describeOrigins(open);
    describeLists(open);
    describePages(open);
    describeRuns(open);
    describeExport(open);
    describeDifference(open);
    describeStory(open);
  });
}

/** Held: everything of project `q`. */
const WITHOUT_Q: Permission = ({ projectUuid }) =>
  projectUuid === 'q' ? 'project_not_allowed' : null;

/** The outcome of an event is its type. */
function byType({ eventType }: OutboundEvent): Outcome {
  switch (eventType) {
    case 'pending':
      return { kind: 'pending', serverState: 'queued' };
    case 'rejected':
    case 'transient':
    case 'terminal_failed':
      return { kind: eventType, reason: `made ${eventType}` };
    default:
      return { kind: 'success' };
  }
}

function scripted(verdict: (event: OutboundEvent) => Outcome = byType): ScriptedReceiver {
  const receiver = new ScriptedReceiver();
  receiver.answer = (batch) => results(batch, verdict);
  return receiver;
}

const ofType = (eventType: string, more: Partial<NewEvent> = {}) => ({ eventType, ...more });

/** At target 1, as many events as the number says of each; behind them 5 held and 6 unsent ones. */
const TYPES = { success: 2, pending: 1, rejected: 3, transient: 4, terminal_failed: 2 } as const;

async function givenEveryState(open: OpenStores): Promise<GivenStores> {
  const given = await givenStores(open);
  await ensureTarget(given);
  const { journal } = given.stores;
  for (const [type, count] of Object.entries(TYPES))
    await journal.append(newEvents(count, type, ofType(type)), 'capture');
  const keyed = { coalesceKey: 'one' };
  for (const one of newEvents(3, 'keyed', keyed)) await journal.append([one], 'capture');
  await drained(given, 1, scripted());
  await journal.append(newEvents(5, 'held', inProject('q')), 'capture');
  await journal.append(newEvents(6, 'unsent', { capturedAt: 7_000 }), 'capture');
  return given;
}

const countsOf = ({ stores }: GivenStores, targetId: number, permission = WITHOUT_Q) =>
  stores.reports.counts([{ targetId, permission }]);

function describeCounts(open: OpenStores): void {
  describe('counts', () => {
    it('are zeros where nothing was captured', async () => {
      const counts = await countsOf(await givenStores(open), NO_TARGET);
      expect(countsAt(counts, NO_TARGET)).to.deep.equal(countsAt(NO_COUNTS, NO_TARGET));
      expect({ ...counts, targets: null }).to.deep.equal({ ...NO_COUNTS, targets: null });
    });

    it('have each class of events, with the payloads that are here and their bytes', async () => {
      const given = await givenEveryState(open);
      const counts = await countsOf(given, 1);
      expect(counts.eventsEver).to.equal(12 + 3 + 11);
      const [coalesced, live] = byClass(counts);
      expect(live).to.include({ class: 'live', events: 12 + 1 + 11, retained: 12 + 1 + 11 });
      expect(coalesced).to.include({ class: 'coalesced', events: 2, retained: 2 });
      const bytes = newEvents(3, 'keyed')
        .slice(0, 2)
        .map((one) => one.bytes.length);
      expect(coalesced?.bytes).to.equal(bytes.reduce((sum, length) => sum + length, 0));
    });

    it('tell the states of a target apart, and what waits for it by the reason that holds it', async () => {
      const given = await givenEveryState(open);
      const at = countsAt(await countsOf(given, 1), 1);
      const inStatus = Object.fromEntries(at.ledger.map((row) => [row.status, row.events]));
      expect(inStatus).to.deep.equal({
        success: 2 + 1,
        pending: 1,
        rejected: 3,
        failed_transient: 4,
        terminal_failed: 2,
      });
      expect(at.ledger.map((row) => row.class)).to.deep.equal(at.ledger.map(() => 'live'));
      expect(at.waiting).to.deep.equal({
        held: { project_not_allowed: 5 },
        excluded: 0,
        unsent: 6,
        oldestUnsentAt: 7_000,
      });
      expect(at).to.include({ deliveryRows: 13, replayMarked: 0, oldestTriedAt: 1_000 });
    });

    it('have the causes of each status, most events first', async () => {
      const given = await givenEveryState(open);
      const other = newEvents(5, 'other', ofType('rejected'));
      await given.stores.journal.append(other, 'capture');
      await drained(
        given,
        1,
        scripted(({ eventId }) =>
          eventId.startsWith('other')
            ? { kind: 'rejected', reason: 'another reason' }
            : { kind: 'success' },
        ),
      );
      const { causes } = countsAt(await countsOf(given, 1), 1);
      expect(causes.filter(({ status }) => status === 'rejected')).to.deep.include.members([
        { ...causes[0], status: 'rejected', text: 'another reason', events: 5 },
      ]);
      expect(causes.find(({ status }) => status === 'terminal_failed')).to.include({
        text: 'made terminal_failed',
        events: 2,
      });
      const row = targetLedger(await countsOf(given, 1), await targetOf(given, 1), 10_000);
      expect(row.adds_up).to.equal(true);
    });

    it('of a target that was never drained have everything as waiting', async () => {
      const given = await givenEveryState(open);
      const at = countsAt(await countsOf(given, NO_TARGET, EVERYTHING_ALLOWED), NO_TARGET);
      expect(at).to.deep.include({ ledger: [], causes: [], deliveryRows: 0, replayMarked: 0 });
      expect(at.waiting).to.deep.include({ held: {}, unsent: 12 + 1 + 11 });
    });

    it('of several targets stay apart', async () => {
      const given = await givenEveryState(open);
      await ensureTarget(given, 'b');
      await drained(
        given,
        2,
        scripted(() => ({ kind: 'success' })),
      );
      const wanted = [1, 2].map((targetId) => ({ targetId, permission: EVERYTHING_ALLOWED }));
      const counts = await given.stores.reports.counts(wanted);
      expect([...counts.targets.keys()]).to.deep.equal([1, 2]);
      expect(countsAt(counts, 2).ledger).to.deep.include.members([
        { ...countsAt(counts, 2).ledger[0], class: 'live', status: 'success', events: 24 },
      ]);
      expect(countsAt(counts, 1).waiting.unsent).to.equal(11);
      for (const id of [1, 2])
        expect(targetLedger(counts, await targetOf(given, id), 10_000).adds_up).to.equal(true);
    });

    it('know what a replay has marked, and take it for no attempt without success', async () => {
      const given = await givenDelivered(open, 3);
      await given.stores.requeue.requeue({ kind: 'replay', targetId: 1, filter: {}, now: 20_000 });
      const at = countsAt(await countsOf(given, 1), 1);
      expect(at).to.include({ replayMarked: 3, oldestTriedAt: null });
    });

    it('have the oldest payload, what was discarded, and failures for good, newest first', async () => {
      const given = await givenEveryState(open);
      await given.stores.journal.countDiscarded(
        new Map([
          ['a', 2],
          ['b', 3],
        ]),
      );
      const { journal, terminal } = await countsOf(given, 1);
      expect(journal).to.deep.equal({ oldestRetainedAt: 1_000, discarded: 5 });
      const failed = { target_id: 1, last_error: 'made terminal_failed' };
      expect(terminal).to.have.length(2);
      for (const one of terminal) expect(one).to.include(failed);
      expect(terminal.map(({ event_id }) => event_id)).to.have.members([
        'terminal_failed-000001',
        'terminal_failed-000002',
      ]);
    });

    it('have every open conflict, and none that was decided', async () => {
      const given = await givenConflict(open);
      const open1 = (await countsOf(given, 1)).conflicts;
      expect(open1.count).to.equal(1);
      expect(open1.newest[0]).to.include({
        event_id: 'e',
        source_digest: null,
        existing_sha: newEvent('e').sha256.toString('hex'),
        incoming_sha: newEvent('e', { bytes: OTHER }).sha256.toString('hex'),
        found_by: 'capture',
      });
      await given.stores.conflicts.decide('e', 'journal', 5_000);
      const { conflicts } = await countsOf(given, 1);
      expect(conflicts).to.deep.equal({ count: 0, newest: [] });
    });
  });
}

const OTHER = Buffer.from('{"event_id":"e","other":1}');

async function givenConflict(open: OpenStores): Promise<GivenStores> {
  const given = await givenDelivered(open, 1);
  await given.stores.journal.append([newEvent('e')], 'capture');
  await given.stores.journal.append([newEvent('e', { bytes: OTHER })], 'capture');
  return given;
}

const byClass = ({ classes }: Counts) =>
  [...classes].sort((a, b) => (a.class < b.class ? -1 : Number(a.class > b.class)));

async function targetOf({ stores }: GivenStores, id: number) {
  const target = await stores.targets.find(id);
  if (target === undefined) throw new Error(`no target ${id}`);
  return target;
}

function describePosts(open: OpenStores): void {
  describe('the latest posts', () => {
    it('are those of the pass that is asked about', async () => {
      const given = await givenDelivered(open, 7);
      const { passNo } = await targetOf(given, 1);
      expect(await given.stores.reports.latestPosts(1, passNo)).to.include({ events: 7 });
      const nothing = { events: 0, ms: 0 };
      expect(await given.stores.reports.latestPosts(1, passNo + 1)).to.deep.equal(nothing);
      expect(await given.stores.reports.latestPosts(NO_TARGET, 1)).to.deep.equal(nothing);
    });
    describePostRows(open);
  });
}

function describePostRows(open: OpenStores): void {
  it('are told one by one, newest first, and no more than were asked for', async () => {
    const given = await givenEveryState(open);
    await drained(
      given,
      1,
      scripted(() => ({ kind: 'success' })),
    );
    const { reports } = given.stores;
    const posts = await reports.posts(1, 10);
    expect(posts.length).to.be.greaterThan(1);
    const ids = posts.map(({ id }) => id);
    expect(ids).to.deep.equal([...ids].sort((a, b) => b - a));
    expect(posts.reduce((sum, { events }) => sum + events, 0)).to.be.at.least(13 + 6);
    expect(posts[0]).to.have.all.keys(
      ...['id', 'startedAt', 'durationMs', 'events', 'requests', 'httpStatus', 'bytesSent'],
      'error',
    );
    expect(await reports.posts(1, 1)).to.deep.equal(posts.slice(0, 1));
    expect(await reports.posts(NO_TARGET, 10)).to.deep.equal([]);
  });
}

function describeGrowth(open: OpenStores): void {
  describe('growth', () => {
    it('says how many events had been captured before each moment', async () => {
      const given = await givenStores(open);
      const { journal, reports } = given.stores;
      expect(await reports.growth([5_000])).to.deep.equal({
        events: 0,
        firstAt: null,
        lastAt: null,
        before: [0],
      });
      for (const capturedAt of [1_000, 2_000, 4_000])
        await journal.append(newEvents(2, `at-${capturedAt}`, { capturedAt }), 'capture');
      expect(await reports.growth([0, 1_000, 1_001, 4_000, 9_000])).to.deep.equal({
        events: 6,
        firstAt: 1_000,
        lastAt: 4_000,
        before: [0, 0, 2, 4, 6],
      });
    });
  });
}

function describeOrigins(open: OpenStores): void {
  describe('known origins', () => {
    it('have their live events, first seen first', async () => {
      const given = await givenStores(open);
      const { journal, reports } = given.stores;
      expect(await reports.knownOrigins()).to.deep.equal([]);
      await journal.append(newEvents(2, 'q', inProject('q')), 'capture');
      await journal.append(newEvents(1, 'none'), 'capture');
      await journal.append(newEvents(3, 'p', { ...inProject('p'), coalesceKey: 'k' }), 'capture');
      const origins = await reports.knownOrigins();
      expect(origins.map(({ projectUuid, live }) => [projectUuid, live])).to.deep.equal([
        ['q', 2],
        ['', 1],
        ['p', 1],
      ]);
      expect(origins[0]).to.include({ repoSlug: '', checkout: '' });
    });
  });
}

const query = (more: Partial<EventQuery> = {}): EventQuery => ({
  targetId: 1,
  filter: {},
  permission: WITHOUT_Q,
  ...more,
});

const idsOf = (events: readonly ListedEvent[]): string[] => events.map(({ event_id }) => event_id);

function describeLists(open: OpenStores): void {
  describe('the newest events', () => {
    it('come newest first, and no more than were asked for', async () => {
      const given = await givenEveryState(open);
      const newest = await given.stores.reports.newestEvents(query(), 7);
      expect(idsOf(newest)).to.deep.equal([
        ...newEvents(6, 'unsent')
          .map(({ eventId }) => eventId)
          .reverse(),
        'held-000005',
      ]);
      expect(newest[0]).to.deep.equal({
        seq: 26,
        event_id: 'unsent-000006',
        revision: 1,
        event_type: 'WPStatusChanged',
        project_uuid: null,
        captured_at: '1970-01-01T00:00:07.000Z',
        occurred_at: null,
        size: newEvent('unsent-000006').bytes.length,
        class: 'live',
        state: 'unsent',
        generation: null,
        replay: false,
        last_error: null,
      });
    });

    const STATES: [EventState, number][] = [
      ['delivered', 3],
      ['pending', 1],
      ['rejected', 3],
      ['transient', 4],
      ['terminal', 2],
      ['unsent', 6],
      ['held', 5],
      ['live', 24],
      ['coalesced', 2],
      ['archived', 0],
      ['replaced', 0],
      ['redacted', 0],
      ['purged', 0],
    ];

    it('can be those of one state at the target', async () => {
      const given = await givenEveryState(open);
      for (const [state, count] of STATES) {
        const events = await given.stores.reports.newestEvents(query({ state }), 100);
        expect(events, state).to.have.length(count);
        const others = events.filter((event) => event.state !== state);
        if (state !== 'live') expect(others, state).to.deep.equal([]);
      }
    });

    it('are unsent where nothing was delivered, and say why where it failed', async () => {
      const given = await givenEveryState(open);
      const { reports } = given.stores;
      const elsewhere = await reports.newestEvents(query({ targetId: NO_TARGET }), 100);
      expect(elsewhere.map(({ state }) => state)).to.not.include('delivered');
      const [terminal] = await reports.newestEvents(query({ state: 'terminal' }), 1);
      expect(terminal).to.include({ generation: 1, last_error: 'made terminal_failed' });
    });

    it('match every part of the filter', async () => {
      const given = await givenEveryState(open);
      const { reports } = given.stores;
      const [q] = (await reports.knownOrigins()).filter(({ projectUuid }) => projectUuid === 'q');
      const found = async (filter: EventQuery['filter'], state?: EventState) =>
        idsOf(await reports.newestEvents(query({ filter, state }), 100));
      expect(await found({ type: 'rejected' })).to.have.length(3);
      expect(await found({ originIds: [q?.originId ?? 0] })).to.have.length(5);
      expect(await found({ originIds: [q?.originId ?? 0] }, 'unsent')).to.deep.equal([]);
      expect(await found({ seqs: [1, 3] })).to.deep.equal(['pending-000001', 'success-000001']);
      expect(await found({ since: 7_000 })).to.have.length(6);
      expect(await found({ until: 7_000 })).to.have.length(20);
      expect(await found({ type: 'rejected', seqs: [1] })).to.deep.equal([]);
    });

    it('are marked while a replay waits to go out', async () => {
      const given = await givenDelivered(open, 1);
      await given.stores.requeue.requeue({ kind: 'replay', targetId: 1, filter: {}, now: 20_000 });
      const [event] = await given.stores.reports.newestEvents(query(), 1);
      expect(event).to.include({ state: 'delivered', replay: true });
    });
  });
}

const pageQuery = (more: Partial<EventPageQuery> = {}): EventPageQuery => ({
  ...query(),
  limit: 100,
  budgetMs: 60_000,
  ...more,
});

/** Events whose times do not rise with their sequence numbers, delivered to target 1. */
async function givenLateEvents(open: OpenStores): Promise<GivenStores> {
  const given = await givenStores(open);
  await ensureTarget(given);
  const stretches: [from: number, count: number, prefix: string][] = [
    [1_000, 100, 'first'],
    [2_000, 50, 'second'],
    // Of a machine that could not write for a while: more of them than there were between.
    [1_500, 300, 'late'],
    [3_000, 20, 'third'],
    // Of a clock that was ahead.
    [9_000, 3, 'ahead'],
    [3_100, 20, 'fourth'],
  ];
  for (const [from, count, prefix] of stretches) {
    const events = newEvents(count, prefix).map((event, i) => ({ ...event, capturedAt: from + i }));
    await given.stores.journal.append(events, 'capture');
  }
  await drained(given);
  return given;
}

/** Every page, one after the other. */
async function seqsOfPages(reports: Reports, asked: EventPageQuery): Promise<number[]> {
  const seqs: number[] = [];
  let place: Pick<EventPageQuery, 'before' | 'isAside'> | undefined = {};
  while (place !== undefined) {
    const { events, older, isAside } = await reports.eventPage({ ...asked, ...place });
    seqs.push(...events.map(({ seq }) => seq));
    place = older === null ? undefined : { before: older, isAside };
  }
  return seqs;
}

function describePages(open: OpenStores): void {
  describe('a page of events', () => {
    it('goes on where the one before ended, until there is nothing older', async () => {
      const given = await givenEveryState(open);
      const { reports } = given.stores;
      const seqs: number[] = [];
      let before: number | undefined;
      for (;;) {
        const { events, older, isFull } = await reports.eventPage(pageQuery({ limit: 7, before }));
        seqs.push(...events.map(({ seq }) => seq));
        expect(isFull).to.equal(true);
        if (older === null) break;
        before = older;
      }
      expect(seqs).to.deep.equal(Array.from({ length: 26 }, (_, i) => 26 - i));
    });

    it('has the same events of each state as the list', async () => {
      const given = await givenEveryState(open);
      const { reports, requeue } = given.stores;
      await requeue.requeue({ kind: 'replay', targetId: 1, filter: { seqs: [1] }, now: 20_000 });
      for (const state of EVENT_STATES) {
        const { events, older } = await reports.eventPage(pageQuery({ state }));
        expect(events, state).to.deep.equal(await reports.newestEvents(query({ state }), 100));
        expect(older, state).to.equal(null);
      }
    });

    it('keeps those that are on the wire', async () => {
      const given = await givenEveryState(open);
      const { reports } = given.stores;
      const seen: number[] = [];
      const receiver = new ScriptedReceiver();
      receiver.answer = async (batch) => {
        const { events } = await reports.eventPage(pageQuery({ state: 'transient' }));
        seen.push(events.length);
        return results(batch, () => ({ kind: 'success' }));
      };
      await given.stores.requeue.requeue({ kind: 'retry', targetId: 1, filter: {}, now: 20_000 });
      await drained(given, 1, receiver);
      expect(seen[0], 'four transient ones, and two that had failed for good').to.equal(6);
    });

    it('can be of one cause', async () => {
      const given = await givenEveryState(open);
      const { reports } = given.stores;
      const found = async (state: EventState, cause: string) =>
        idsOf((await reports.eventPage(pageQuery({ state, cause }))).events);
      expect(await found('rejected', 'made rejected')).to.have.length(3);
      expect(await found('terminal', 'made terminal_failed')).to.have.length(2);
      expect(await found('rejected', 'made transient')).to.deep.equal([]);
      const first = await reports.eventPage(
        pageQuery({ state: 'rejected', cause: 'made rejected', limit: 2 }),
      );
      expect(first.events).to.have.length(2);
      const before = first.older ?? 0;
      const rest = await reports.eventPage(pageQuery({ state: 'rejected', before }));
      expect(rest.events).to.have.length(1);
    });

    it('matches every part of the filter', async () => {
      const given = await givenEveryState(open);
      const { reports } = given.stores;
      const found = async (filter: EventQuery['filter'], state?: EventState) =>
        (await reports.eventPage(pageQuery({ filter, state }))).events.length;
      expect(await found({ type: 'rejected' })).to.equal(3);
      expect(await found({ since: 7_000 })).to.equal(6);
      expect(await found({ until: 7_000 })).to.equal(20);
      expect(await found({ since: 1_000, until: 7_000 })).to.equal(20);
      expect(await found({ until: 500 })).to.equal(0);
      expect(await found({ seqs: [1, 3] })).to.equal(2);
      expect(await found({ seqs: [1, 3] }, 'pending')).to.equal(1);
    });

    it('has events that came late into the journal, as after a wait in the spool, whatever the times', async () => {
      const { reports } = (await givenLateEvents(open)).stores;
      const edges = [0, 1_050, 1_500, 1_799, 2_025, 3_105, 9_001, 9_999];
      const times = edges.flatMap((since) => edges.map((until) => ({ since, until })));
      const states = [undefined, 'delivered'] as const;
      for (const asked of states.flatMap((state) => times.map((filter) => ({ state, filter })))) {
        const events = await reports.newestEvents(query(asked), 1_000);
        const page = await reports.eventPage(pageQuery({ ...asked, limit: 1_000 }));
        const whole = { events, older: null, isAside: false, isFull: true };
        expect(page, JSON.stringify(asked)).to.deep.equal(whole);
      }
    });

    it('has each of them once, page by page, and when each page is cut off', async () => {
      const { reports } = (await givenLateEvents(open)).stores;
      for (const filter of [{ since: 1_700 }, { until: 1_700 }, { since: 1_510, until: 2_010 }])
        for (const cut of [{ limit: 7 }, { budgetMs: 0 }]) {
          const seqs = await seqsOfPages(reports, pageQuery({ filter, ...cut }));
          const all = await reports.newestEvents(query({ filter }), 1_000);
          const sorted = seqs.toSorted((x, y) => y - x);
          expect(sorted, JSON.stringify(filter)).to.deep.equal(all.map(({ seq }) => seq));
        }
    });

    it('stops when its time is used up, and says from where to go on', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await given.stores.journal.append(newEvents(3_000), 'capture');
      const { reports } = given.stores;
      const asked = { state: 'purged', filter: { type: 'nothing' }, budgetMs: 0 } as const;
      let { older, isFull, events } = await reports.eventPage(pageQuery(asked));
      expect({ isFull, events }).to.deep.equal({ isFull: false, events: [] });
      let looks = 1;
      while (older !== null) {
        ({ older, isFull, events } = await reports.eventPage(
          pageQuery({ ...asked, before: older }),
        ));
        looks += 1;
      }
      expect(looks).to.equal(3);
      expect(isFull).to.equal(true);
    });
  });
}

function describeRuns(open: OpenStores): void {
  describe('a run of events', () => {
    it('tells each event once and in order, however many come meanwhile', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      const { journal, reports } = given.stores;
      const told: number[] = [];
      for (let after = 0, round = 0; round < 40; round += 1) {
        if (round < 30) await journal.append(newEvents(97, `round-${round}-`), 'capture');
        const run = await reports.eventRun({ ...query(), after, limit: 80 });
        expect(run.events.length).to.be.at.most(80);
        told.push(...run.events.map(({ seq }) => seq));
        after = run.through;
      }
      expect(told).to.deep.equal(Array.from({ length: 30 * 97 }, (_, i) => i + 1));
    });

    it('has those that match, and says how far it looked and how far the journal goes', async () => {
      const given = await givenEveryState(open);
      const { reports } = given.stores;
      const run = (after: number, filter: EventQuery['filter'] = {}) =>
        reports.eventRun({ ...query({ filter }), after, limit: 100 });
      const { events, through, head } = await run(0, { type: 'rejected' });
      expect(events.map(({ state }) => state)).to.deep.equal(Array(3).fill('rejected'));
      expect({ through, head }).to.deep.equal({ through: 26, head: 26 });
      expect(await run(26)).to.deep.equal({ events: [], through: 26, head: 26 });
      expect(await run(99)).to.deep.equal({ events: [], through: 99, head: 26 });
      expect((await run(20)).events.map(({ seq }) => seq)).to.deep.equal([21, 22, 23, 24, 25, 26]);
    });
  });
}

function describeExport(open: OpenStores): void {
  describe('an export', () => {
    it('has every event in journal order with its exact bytes, however many pages that takes', async () => {
      const given = await givenStores(open);
      const events = newEvents(450);
      await given.stores.journal.append(events, 'capture');
      const exported: string[] = [];
      for await (const event of given.stores.reports.exportEvents(query())) {
        exported.push(String(event.bytes));
        if (exported.length > 1) continue;
        expect(event).to.include({
          eventId: 'e-000001',
          eventType: 'WPStatusChanged',
          class: 'live',
          sha256: events[0]?.sha256.toString('hex'),
          undeliverable: null,
        });
        await given.stores.journal.append(newEvents(1, 'late'), 'capture');
      }
      // One that is captured meanwhile may be the last of them.
      expect(exported.slice(0, 450)).to.deep.equal(events.map(({ bytes }) => String(bytes)));
    });

    it('can be of one state, and says what is no JSON object', async () => {
      const given = await givenEveryState(open);
      await given.stores.journal.append(
        [newEvent('odd', { undeliverable: 'no object' })],
        'import',
      );
      const ids: string[] = [];
      for await (const one of given.stores.reports.exportEvents(query({ state: 'held' })))
        ids.push(one.eventId);
      expect(ids).to.deep.equal(newEvents(5, 'held').map(({ eventId }) => eventId));
      const filter = { since: 0, type: 'WPStatusChanged' };
      const all = [];
      for await (const one of given.stores.reports.exportEvents(query({ filter }))) all.push(one);
      expect(all.at(-1)).to.include({ eventId: 'odd', undeliverable: 'no object' });
    });
  });
}

function describeDifference(open: OpenStores): void {
  describe('the difference of two targets', () => {
    it('is what the one has and the other has not, in journal order, as it is at the other', async () => {
      const given = await givenDelivered(open, 3);
      await ensureTarget(given, 'b');
      const refuse = scripted(({ eventId }) =>
        eventId === 'e-000001' ? { kind: 'success' } : { kind: 'rejected', reason: 'no' },
      );
      await drained(given, 2, refuse);
      await given.stores.journal.append(newEvents(1, 'later', inProject('q')), 'capture');
      await drained(given, 1);
      const difference = async (targetId: number, other: number) => {
        const events: ListedEvent[] = [];
        const asked = query({ targetId });
        for await (const page of given.stores.reports.differingEvents(asked, other)) {
          events.push(...page.events);
          expect(page.upTo).to.be.at.least(page.events.at(-1)?.seq ?? 0);
        }
        return events.map(({ event_id, state }) => [event_id, state]);
      };
      expect(await difference(1, 2)).to.deep.equal([
        ['e-000002', 'rejected'],
        ['e-000003', 'rejected'],
        ['later-000001', 'held'],
      ]);
      expect(await difference(2, 1)).to.deep.equal([]);
    });
  });
}

function describeStory(open: OpenStores): void {
  describe('the story of an event', () => {
    it('is undefined where the journal never saw it', async () => {
      const given = await givenDelivered(open, 1);
      const { reports, targets } = given.stores;
      expect(await reports.eventStory('nobody', await targets.list())).to.equal(undefined);
    });

    it('has its bytes, its delivery and every post at each target', async () => {
      const given = await givenStores(open);
      await ensureTarget(given);
      await ensureTarget(given, 'b');
      await given.stores.journal.append(newEvents(2), 'capture');
      await drained(
        given,
        1,
        scripted(() => ({ kind: 'transient', reason: 'not now' })),
      );
      await drained(given, 1);
      const { reports, targets } = given.stores;
      const story = await reports.eventStory('e-000001', await targets.list());
      expect(story).to.deep.include({ event_id: 'e-000001', conflicts: [], redaction: null });
      const [revision, ...more] = story?.revisions ?? [];
      expect(more).to.deep.equal([]);
      expect(revision).to.include({
        seq: 1,
        revision: 1,
        source: 'capture',
        captured_at: '1970-01-01T00:00:01.000Z',
        class: 'live',
        sha256: newEvent('e-000001').sha256.toString('hex'),
      });
      expect(revision?.bytes?.equals(newEvent('e-000001').bytes)).to.equal(true);
      const [here, elsewhere] = revision?.targets ?? [];
      expect(here?.delivery).to.include({ status: 'success', generation: 1 });
      expect(here?.posts.map(({ outcome }) => outcome)).to.deep.equal(['transient', 'success']);
      expect(elsewhere).to.deep.include({ delivery: null, history: [], posts: [] });
      const told = story?.timeline.map(({ what }) => what) ?? [];
      expect(told[0]).to.equal('captured');
      expect(told.at(-1)).to.match(/^generation 1 ended with success/);
    });

    it('has earlier generations, the event that took its place, and the other content of its id', async () => {
      const given = await givenConflict(open);
      const { reports, requeue, targets, journal } = given.stores;
      await requeue.requeue({ kind: 'replay', targetId: 1, filter: { seqs: [1] }, now: 20_000 });
      await drained(given, 1);
      const keyed = { coalesceKey: 'k' };
      await journal.append([newEvent('x', keyed)], 'capture');
      await journal.append([newEvent('y', keyed)], 'capture');
      const storyOf = async (id: string) => reports.eventStory(id, await targets.list());
      const replayed = (await storyOf('e-000001'))?.revisions[0]?.targets[0];
      expect(replayed?.history).to.have.length(1);
      expect(replayed?.delivery).to.include({ generation: 2, status: 'success' });
      expect((await storyOf('x'))?.revisions[0]).to.include({
        class: 'coalesced',
        other_event_id: 'y',
      });
      const [conflict] = (await storyOf('e'))?.conflicts ?? [];
      expect(conflict).to.include({ found_by: 'capture', resolved_at: null, kept: null });
    });
  });
}
