import { expect } from 'chai';
import type { EdgeRequest } from '../../src/edges/arrival.js';
import type { EdgeDetails } from '../../src/edges/edge-store.js';
import type { NewEvent } from '../../src/journal/new-event.js';
import { arrived, edgeRequest } from '../support/arrivals.js';
import { newEvent } from '../support/events.js';
import { type GivenStores, givenStores, type OpenStores } from './given-stores.js';

/** What every EdgeStore promises. */
export function describeEdgeStore(name: string, open: OpenStores): void {
  describe(`EdgeStore on ${name}`, () => {
    describeNumbers(open);
    describeFaults(open);
    describePlaces(open);
    describeTokens(open);
  });
}

function describeNumbers(open: OpenStores): void {
  describe('of the numbers of an edge', () => {
    it('knows which are here, which are kept at the edge, and which are missing', async () => {
      const given = await givenStores(open);
      await receive(given, [3, 4], { excluded: [[1, 2]] });
      await receive(given, [8], { excluded: [[7, 7]] });
      expect(await edge(given)).to.deep.include({
        high: 8,
        complete: 4,
        received: 3,
        excluded: 3,
        missing: 2,
        gaps: [[5, 6]],
        gapsLeft: 0,
      });
    });

    it('takes late ones for what was missing, or kept at the edge', async () => {
      const given = await givenStores(open);
      await receive(given, [1, 9], { excluded: [[4, 6]] });
      await receive(given, [5, 2], { again: [[2, 2]] });
      expect(await edge(given)).to.deep.include({
        complete: 2,
        received: 4,
        excluded: 2,
        gaps: [
          [3, 3],
          [7, 8],
        ],
      });
      await receive(given, [3, 7, 8], { again: [[3, 8]] });
      const { complete, missing, faults } = await edge(given);
      expect({ complete, missing, faults }).to.deep.equal({ complete: 9, missing: 0, faults: [] });
    });

    it('counts each once, whatever comes twice', async () => {
      const given = await givenStores(open);
      await receive(given, [1, 2, 3], { excluded: [[4, 5]] });
      await receive(given, [2, 3, 4, 6], { again: [[2, 4]], excluded: [[1, 5]] });
      expect(await edge(given)).to.deep.include({
        complete: 6,
        received: 5,
        excluded: 1,
        missing: 0,
      });
    });

    it('lists so many gaps and counts the others', async () => {
      const given = await givenStores(open);
      await receive(given, [1, 3, 5, 7]);
      const { gaps, gapsLeft } = (await given.stores.edges.find('home-a', 2))!;
      expect({ gaps, gapsLeft }).to.deep.equal({
        gaps: [
          [2, 2],
          [4, 4],
        ],
        gapsLeft: 1,
      });
    });

    it('notes a conflict and a duplicate as here: the edge has done its part', async () => {
      const given = await givenStores(open);
      await given.stores.journal.append([newEvent('home-a-1'), newEvent('home-a-2')], 'capture');
      const request = edgeRequest();
      const [same, other] = arrived([1, 2], request);
      const bytes = Buffer.from('{"event_id":"home-a-2","n":2}');
      const conflicting = newEvent('home-a-2', { bytes, arrival: other!.arrival! });
      expect(await append(given, [same!, conflicting])).to.deep.equal(['duplicate', 'conflict']);
      expect(await edge(given)).to.deep.include({ received: 2, missing: 0 });
    });

    it('keeps edges apart, in one group as well', async () => {
      const given = await givenStores(open);
      const other = edgeRequest({ home: 'home-b', host: 'desk', receivedAt: 7_000 });
      await append(given, [...arrived([1, 2]), ...arrived([1, 3], other)]);
      const edges = await given.stores.edges.list();
      expect(
        edges.map(({ home, host, high, missing }) => [home, host, high, missing]),
      ).to.deep.equal([
        ['home-a', 'laptop', 2, 0],
        ['home-b', 'desk', 3, 1],
      ]);
    });

    it('notes clock, lag, name and times of the last request', async () => {
      const given = await givenStores(open);
      await receive(given, [1], { name: 'ci', sentAt: 9_000, newestAt: 8_400, receivedAt: 8_000 });
      expect(await edge(given)).to.deep.include({
        name: 'ci',
        clockMs: 1_000,
        lagMs: 600,
        firstSeenAt: 8_000,
        lastSeenAt: 8_000,
      });
      await receive(given, [2], { newestAt: null, receivedAt: 9_500 });
      expect(await edge(given)).to.deep.include({
        name: 'ci',
        lagMs: null,
        firstSeenAt: 8_000,
        lastSeenAt: 9_500,
      });
    });

    it('forgets nothing of a group and keeps nothing of one that failed', async () => {
      const given = await givenStores(open);
      const [event] = arrived([1]);
      const broken = { ...event!, eventId: 'x', eventType: null as unknown as string };
      await append(given, [event!, broken]).then(
        () => expect.fail('it was stored'),
        () => undefined,
      );
      expect(await given.stores.edges.list()).to.deep.equal([]);
    });

    it('finds an edge by number, home or name; nothing under another', async () => {
      const given = await givenStores(open);
      await receive(given, [1], { name: 'ci' });
      for (const which of ['1', 'home-a', 'ci'])
        expect((await given.stores.edges.find(which, 1))?.home, which).to.equal('home-a');
      expect(await given.stores.edges.find('nobody', 1)).to.equal(undefined);
    });
  });
}

function describeFaults(open: OpenStores): void {
  describe('of an edge whose journal changed', () => {
    it('names one that sends as new what is here', async () => {
      const given = await givenStores(open);
      await receive(given, [1, 2, 3]);
      await receive(given, [2, 3, 4], { receivedAt: 7_000 });
      expect((await edge(given)).faults).to.deep.equal([
        { kind: 'restored', number: 2, times: 2, firstFoundAt: 7_000, lastFoundAt: 7_000 },
      ]);
    });

    it('does not take a retry, a request sent twice, or another target for one', async () => {
      const given = await givenStores(open);
      await receive(given, [1, 2], { request: 'same' });
      await receive(given, [1, 2], { request: 'same' });
      await receive(given, [1, 2, 3], { again: [[1, 2]] });
      await receive(given, [1, 2, 3], { stream: 'another' });
      expect((await edge(given)).faults).to.deep.equal([]);
    });

    it('names one whose numbers stand for other events, and takes these all the same', async () => {
      const given = await givenStores(open);
      await receive(given, [1, 2, 3]);
      const request = edgeRequest({ again: [[2, 3]] });
      const [two] = arrived([2], request);
      const [three, four] = arrived([3, 4], request, 'other-');
      expect(await append(given, [two!, three!, four!])).to.deep.equal([
        'duplicate',
        'captured',
        'captured',
      ]);
      expect(
        (await edge(given)).faults.map(({ kind, number, times }) => [kind, number, times]),
      ).to.deep.equal([['diverged', 3, 1]]);
      expect(await given.stores.journal.head()).to.equal(5);
    });

    it('names two copies that send in turns, not one that took the place of the other', async () => {
      const given = await givenStores(open);
      await receive(given, [1], { instance: 'a' });
      await receive(given, [2], { instance: 'b' });
      await receive(given, [3], { instance: 'b' });
      expect((await edge(given)).faults).to.deep.equal([]);
      await receive(given, [4], { instance: 'a', receivedAt: 8_000 });
      const { faults, instances } = await edge(given);
      expect(faults).to.deep.equal([
        { kind: 'cloned', number: 4, times: 1, firstFoundAt: 8_000, lastFoundAt: 8_000 },
      ]);
      expect(instances.map(({ instance }) => instance)).to.deep.equal(['a', 'b']);
    });

    it('forgets faults that were acknowledged, and names new ones', async () => {
      const given = await givenStores(open);
      await receive(given, [1, 2]);
      await receive(given, [1]);
      const { id } = await edge(given);
      expect(await given.stores.edges.acknowledge(id)).to.equal(1);
      expect(await given.stores.edges.acknowledge(id)).to.equal(0);
      expect((await edge(given)).faults).to.deep.equal([]);
      await receive(given, [2]);
      expect((await edge(given)).faults.map(({ number }) => number)).to.deep.equal([2]);
    });
  });
}

function describePlaces(open: OpenStores): void {
  it('says where an event came from, and who sent the other content of a conflict', async () => {
    const given = await givenStores(open);
    const { edges } = given.stores;
    await append(given, [newEvent('here')]);
    await receive(given, [7, 8], { name: 'ci' });
    expect(await edges.placesOf(1)).to.deep.equal([]);
    expect(await edges.placesOf(3)).to.deep.equal([{ home: 'home-a', name: 'ci', number: 8 }]);
    const bytes = Buffer.from('{"event_id":"here","n":1}');
    const request = edgeRequest({ home: 'home-b' });
    await append(given, [newEvent('here', { bytes, arrival: { request, number: 4 } })]);
    expect(await edges.sendersOf(1)).to.deep.equal([{ home: 'home-b', name: null, number: 4 }]);
    expect(await edges.sendersOf(2)).to.deep.equal([]);
    expect(await edges.placesOf(1)).to.deep.equal([]);
  });
}

function describeTokens(open: OpenStores): void {
  it('binds a token to the home that uses it first', async () => {
    const { stores } = await givenStores(open);
    expect(await stores.edges.bind('aa', 'home-a')).to.equal('home-a');
    expect(await stores.edges.bind('aa', 'home-b')).to.equal('home-a');
    expect(await stores.edges.bind('bb', 'home-b')).to.equal('home-b');
  });
}

const append = ({ stores }: GivenStores, events: readonly NewEvent[]) =>
  stores.journal.append(events, 'capture');

async function receive(
  given: GivenStores,
  numbers: readonly number[],
  more: Partial<EdgeRequest> = {},
): Promise<void> {
  await append(given, arrived(numbers, edgeRequest(more)));
}

async function edge({ stores }: GivenStores): Promise<EdgeDetails> {
  return (await stores.edges.find('home-a', 100))!;
}
