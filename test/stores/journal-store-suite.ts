import { expect } from 'chai';
import type { AppendVerdict, NewEvent } from '../../src/journal/new-event.js';
import type { Stores } from '../../src/stores.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
import {
  assertVerified,
  drained,
  ensureTarget,
  givenStores,
  type OpenStores,
} from './given-stores.js';

/** The same value as the first, written differently. */
const RESPELLINGS: [what: string, first: string, again: string][] = [
  ['other whitespace', '{"event_id":"x","n":1}', '{ "event_id" : "x",\n\t"n":1 }\n'],
  [
    'another order of keys',
    '{"event_id":"x","a":{"b":1,"c":2}}',
    '{"a":{"c":2,"b":1},"event_id":"x"}',
  ],
  ['another spelling of a number', '{"event_id":"x","n":1e2}', '{"event_id":"x","n":100.0}'],
  ['an escape', '{"event_id":"x","s":"é/"}', '{"event_id":"x","s":"\\u00e9\\/"}'],
];

const DIFFERENCES: [what: string, first: string, again: string][] = [
  ['another value', '{"event_id":"x","n":1}', '{"event_id":"x","n":2}'],
  ['another order in a list', '{"event_id":"x","l":[1,2]}', '{"event_id":"x","l":[2,1]}'],
  ['a member more', '{"event_id":"x"}', '{"event_id":"x","more":null}'],
  [
    'an integer that a double cannot tell apart',
    '{"event_id":"x","n":9007199254740993}',
    '{"event_id":"x","n":9007199254740992}',
  ],
];

/** What every JournalStore promises. */
export function describeJournalStore(name: string, open: OpenStores): void {
  describe(`JournalStore on ${name}`, () => {
    describeContents(open);
    describeGroups(open);
    describeSpooledGroups(open);
  });
}

function describeContents(open: OpenStores): void {
  describe('append compares contents and', () => {
    for (const [what, first, again] of RESPELLINGS)
      it(`takes ${what} for the same event, and keeps the bytes it had first`, async () => {
        const given = await givenStores(open);
        expect(await append(given.stores, 'x', first)).to.equal('captured');
        expect(await append(given.stores, 'x', again)).to.equal('duplicate');
        expect(await payloads(given.stores)).to.deep.equal([first]);
        expect(await conflicts(given.stores)).to.deep.equal([]);
        await assertVerified(given);
      });

    for (const [what, first, again] of DIFFERENCES)
      it(`takes ${what} for a conflict, and keeps both`, async () => {
        const { stores } = await givenStores(open);
        await append(stores, 'x', first);
        expect(await append(stores, 'x', again)).to.equal('conflict');
        expect(await payloads(stores)).to.deep.equal([first]);
        expect(await conflicts(stores)).to.deep.equal([again]);
      });

    it('keeps each conflicting content once, however often it comes', async () => {
      const { stores } = await givenStores(open);
      await append(stores, 'x', '{"event_id":"x","n":1e2}');
      for (const n of [2, 3, 2, 3, 3])
        expect(await append(stores, 'x', `{"event_id":"x","n":${n}}`)).to.equal('conflict');
      expect(await conflicts(stores)).to.deep.equal([
        '{"event_id":"x","n":2}',
        '{"event_id":"x","n":3}',
      ]);
      expect(await append(stores, 'x', '{"event_id":"x","n":100.0}')).to.equal('duplicate');
    });

    it('compares events of one group with each other', async () => {
      const { stores } = await givenStores(open);
      const group = [
        '{"event_id":"x","n":1.0}',
        '{"event_id":"x","n":1.00}',
        '{"event_id":"x","n":2}',
      ];
      const events = group.map((text) => newEvent('x', { bytes: Buffer.from(text) }));
      const verdicts = await stores.journal.append([...events, newEvent('y')], 'capture');
      expect(verdicts).to.deep.equal(['captured', 'duplicate', 'conflict', 'captured']);
      expect(await conflicts(stores)).to.deep.equal([group[2]]);
    });

    it('still knows what an event said when its bytes are purged', async () => {
      const given = await givenStores(open);
      const { stores } = given;
      await ensureTarget(given);
      const first = '{"event_id":"x","n":100.0,"s":"é"}';
      await append(stores, 'x', first);
      await drained(given);
      await purge(stores, [1]);
      expect(await payloads(stores)).to.deep.equal([]);
      expect(await append(stores, 'x', first)).to.equal('duplicate');
      const respelled = '{"s":"\\u00e9", "n":1e2, "event_id":"x"}';
      expect(await append(stores, 'x', respelled)).to.equal('duplicate');
      expect(await append(stores, 'x', '{"event_id":"x","n":101.0,"s":"é"}')).to.equal('conflict');
      expect(await payloads(stores), 'a duplicate brings nothing back').to.deep.equal([]);
      await assertVerified(given);
    });
  });
}

function describeGroups(open: OpenStores): void {
  describe('append', () => {
    it('numbers events in the order they came, without gaps, over failed groups too', async () => {
      const { stores } = await givenStores(open);
      expect(await stores.journal.head()).to.equal(0);
      await stores.journal.append(newEvents(3, 'a'), 'capture');
      await failInTheMiddle(stores, newEvents(3, 'lost'));
      await append(stores, 'x', '{"event_id":"x"}');
      await append(stores, 'x', '{"event_id":"x","other":1}');
      await stores.journal.append(newEvents(2, 'b'), 'capture');
      const records = await allRecords(stores);
      expect(records.map(({ seq }) => seq)).to.deep.equal([1, 2, 3, 4, 5, 6]);
      expect(records.map((record) => record.event_id)).to.deep.equal([
        'a-000001',
        'a-000002',
        'a-000003',
        'x',
        'b-000001',
        'b-000002',
      ]);
      expect(await stores.journal.head()).to.equal(6);
    });

    it('stores nothing at all of a group that fails', async () => {
      const given = await givenStores(open);
      await given.stores.journal.append(newEvents(1, 'before'), 'capture');
      await failInTheMiddle(given.stores, newEvents(5, 'lost', inProject('p')));
      expect(await given.stores.journal.head()).to.equal(1);
      expect(await allRecords(given.stores)).to.have.length(1);
      expect(await given.stores.journal.seqsOfEvent('lost-000001')).to.deep.equal([]);
      await assertVerified(given);
    });

    it('does not remember a project whose first group failed', async () => {
      const given = await givenStores(open);
      const { stores } = given;
      await failInTheMiddle(stores, newEvents(2, 'lost', inProject('fresh')));
      await stores.journal.append(newEvents(1, 'first', inProject('other')), 'capture');
      await stores.journal.append(newEvents(2, 'second', inProject('fresh')), 'capture');
      const projects = (await allRecords(stores)).map(({ columns }) => columns.project_uuid);
      expect(projects).to.deep.equal(['other', 'fresh', 'fresh']);
      await assertVerified(given);
    });

    it('takes groups that start together one after the other', async () => {
      const { stores } = await givenStores(open);
      const groups = Array.from({ length: 20 }, (_, i) => newEvents(10, `g${i}`));
      const verdicts = await Promise.all(
        groups.map((group) => stores.journal.append(group, 'capture')),
      );
      expect(new Set(verdicts.flat())).to.deep.equal(new Set(['captured']));
      const ids = (await allRecords(stores)).map((record) => record.event_id);
      expect(ids).to.deep.equal(groups.flat().map((event) => event.eventId));
    });

    it('keeps the exact bytes', async () => {
      const { stores } = await givenStores(open);
      const text = '{"event_id": "x",  "n":1.50, "s":"\\u00e9"}\n';
      await append(stores, 'x', text);
      expect(await payloads(stores)).to.deep.equal([text]);
    });

    it('keeps an event that was discarded out of the journal', async () => {
      const { stores } = await givenStores(open);
      const audit = { action: 'discarded', family: 'f', reason: 'nobody wants it' } as const;
      const verdicts = await stores.journal.append(
        [newEvent('kept'), newEvent('gone', { audit })],
        'capture',
      );
      expect(verdicts).to.deep.equal(['captured', 'audited']);
      expect(await stores.journal.head()).to.equal(1);
      expect(await stores.journal.seqsOfEvent('gone')).to.deep.equal([]);
    });

    it('gives every revision of an event a number of its own', async () => {
      const { stores } = await givenStores(open);
      await append(stores, 'x', '{"event_id":"x","n":1}');
      await append(stores, 'y', '{"event_id":"y"}');
      await append(stores, 'x', '{"event_id":"x","n":2}');
      await stores.conflicts.decide('x', 'incoming', 5_000);
      expect(await stores.journal.seqsOfEvent('x')).to.deep.equal([1, 3]);
      expect(await stores.journal.seqsOfEvent('unknown')).to.deep.equal([]);
    });
  });
}

function describeSpooledGroups(open: OpenStores): void {
  describe('appendSpooled', () => {
    it('takes the events of a file in once, whoever comes with it', async () => {
      const given = await givenStores(open);
      const { journal } = given.stores;
      const take = (): Promise<AppendVerdict[] | undefined> =>
        journal.appendSpooled('1-a.events', newEvents(2), ['line 3 is not an event']);
      const both = await Promise.all([take(), take()]);
      expect(both).to.deep.equal([['captured', 'captured'], undefined]);
      expect(await take()).to.equal(undefined);
      expect(await journal.head()).to.equal(2);
      await assertVerified(given);
    });

    it('tells which of its events are known', async () => {
      const { journal } = (await givenStores(open)).stores;
      await journal.append(newEvents(1), 'capture');
      const verdicts = await journal.appendSpooled('1-a.events', newEvents(2), []);
      expect(verdicts).to.deep.equal(['duplicate', 'captured']);
    });

    it('does not know a file whose events could not be stored', async () => {
      const { journal } = (await givenStores(open)).stores;
      const failure = await journal
        .appendSpooled('1-a.events', [newEvent('a'), IMPOSSIBLE], [])
        .catch((error: Error) => error);
      expect(failure).to.be.instanceOf(Error);
      expect(await journal.head()).to.equal(0);
      const verdicts = await journal.appendSpooled('1-a.events', [newEvent('a')], []);
      expect(verdicts).to.deep.equal(['captured']);
    });
  });
}

/** No table takes it. */
const IMPOSSIBLE = newEvent('impossible', { capturedAt: null as never });

async function append(stores: Stores, eventId: string, text: string) {
  const event = newEvent(eventId, { bytes: Buffer.from(text) });
  const [verdict] = await stores.journal.append([event], 'capture');
  return verdict;
}

async function failInTheMiddle(stores: Stores, events: readonly NewEvent[]): Promise<void> {
  const failure = await stores.journal
    .append([...events, IMPOSSIBLE], 'capture')
    .catch((error: Error) => error);
  expect(failure).to.be.instanceOf(Error);
}

async function allRecords({ journal, retention }: Stores) {
  const head = await journal.head();
  return retention.records(Array.from({ length: head }, (_, i) => i + 1));
}

async function payloads(stores: Stores): Promise<string[]> {
  return (await allRecords(stores)).map(({ bytes }) => String(bytes));
}

async function conflicts(stores: Stores): Promise<string[]> {
  const found = await stores.conflicts.list({ all: true, limit: 100 });
  return found.conflicts.map(({ incomingBytes }) => incomingBytes.toString());
}

async function purge({ retention }: Stores, seqs: readonly number[]): Promise<void> {
  const scope = { capturedBy: Number.MAX_SAFE_INTEGER, includeUndelivered: false };
  const { events } = await retention.purge(seqs, scope, { kind: 'gc' }, 1);
  expect(events).to.equal(seqs.length);
}
