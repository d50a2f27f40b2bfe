import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { EventsLostError, InvalidEventError } from '../../src/index.js';
import { Spool } from '../../src/journal/spool.js';
import { describeOnEachHome, type EngineHomes } from '../support/each-engine.js';
import { newEvents } from '../support/events.js';
import { putFileInPlaceOf, recordSteps } from '../support/faults.js';
import { stateOf, temporaryHome } from '../support/temporary-home.js';
import { envelopes, givenRedrain } from './given-redrain.js';
import { changeJournal } from './journal-rows.js';

describeOnEachHome('capture from a program', (on) => {
  it('takes an object, a text and bytes, and keeps each as it was given', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const text = ' { "event_id":"text",\n "event_type":"T" } ';
    const bytes = '{"event_id":"bytes","event_type":"T","n":1.50}';
    await redrain.capture({ event_id: 'object', event_type: 'T', n: 1.5 });
    await redrain.capture(text);
    await redrain.capture(new TextEncoder().encode(bytes));
    expect(await payloadsOf(on, home)).to.deep.equal([
      '{"event_id":"object","event_type":"T","n":1.5}',
      text,
      bytes,
    ]);
  });

  it('says what became of the event', async () => {
    const { redrain } = await givenRedrain({ on });
    const event = { event_id: 'a', event_type: 'T' };
    expect(await redrain.capture(event)).to.include({ kind: 'captured', eventId: 'a' });
    expect(await redrain.capture(event)).to.include({ kind: 'duplicate', eventId: 'a' });
    const other = { ...event, event_type: 'U' };
    expect(await redrain.capture(other)).to.include({ kind: 'conflict', eventId: 'a' });
    const without = await redrain.capture({ event_type: 'T' });
    expect(without).to.include({ kind: 'captured', generated: true });
  });

  it('has the bytes as they were when it was called, whatever becomes of the buffer', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const buffer = Buffer.from('{"event_id":"a","event_type":"T"}');
    const capturing = redrain.capture(buffer);
    buffer.fill(0);
    await capturing;
    expect(await payloadsOf(on, home)).to.deep.equal(['{"event_id":"a","event_type":"T"}']);
  });

  it('shares one transaction among calls that overlap', async () => {
    const { home, redrain } = await givenRedrain({ on });
    await redrain.capture({ event_id: 'opens', event_type: 'T' });
    const steps = recordSteps();
    await Promise.all(envelopes(200).map((event) => redrain.capture(event)));
    expect(steps.filter((name) => name === 'journal.appended')).to.have.length(1);
    expect(await payloadsOf(on, home)).to.have.length(201);
  });

  it('keeps calls with other rules out of the group', async () => {
    const { home, redrain } = await givenRedrain({ on });
    await Promise.all([
      redrain.capture('{"event_id":"a"}', { type: 'First' }),
      redrain.capture('{"event_id":"b"}', { type: 'Second' }),
      redrain.capture('{"key":"c","event_type":"T"}', { idField: 'key', checkout: '/work' }),
    ]);
    const stored = await on.rows(
      home,
      `SELECT event_id, event.event_type, checkout FROM event
       JOIN origin ON origin.id = origin_id ORDER BY event_id`,
    );
    expect(stored).to.deep.equal([
      { event_id: 'a', event_type: 'First', checkout: '' },
      { event_id: 'b', event_type: 'Second', checkout: '' },
      { event_id: 'c', event_type: 'T', checkout: '/work' },
    ]);
  });

  it('throws for what is not an event, and stores the others of the group', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const outcomes = await Promise.allSettled([
      redrain.capture({ event_id: 'a', event_type: 'T' }),
      redrain.capture('no JSON at all'),
      redrain.capture({ event_id: 'no type' }),
      redrain.capture({ event_id: 'b', event_type: 'T' }),
    ]);
    expect(outcomes.map((one) => one.status)).to.deep.equal([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    for (const one of outcomes)
      if (one.status === 'rejected') expect(one.reason).to.be.instanceOf(InvalidEventError);
    expect(await payloadsOf(on, home)).to.have.length(2);
  });

  it('throws the same for an object that cannot be written as JSON', async () => {
    const { redrain } = await givenRedrain({ on });
    const circular: Record<string, unknown> = { event_id: 'a', event_type: 'T' };
    circular.self = circular;
    const odd = [circular, { event_id: 'b', event_type: 'T', n: 1n }, { toJSON: () => undefined }];
    for (const event of odd) {
      const failure = await redrain.capture(event).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(InvalidEventError);
    }
  });

  if (on.engine === 'SQLite')
    it('throws with the id of an event that could be stored nowhere', async () => {
      const { redrain } = await givenUnwritableHome();
      const failure = await redrain
        .capture({ event_id: 'gone', event_type: 'T' })
        .catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(EventsLostError);
      expect(failure).to.deep.include({ eventIds: ['gone'] });
      expect((failure as Error).message).to.match(/^1 events could not be stored .*LOST: gone/);
    });
});

describeOnEachHome('a program that runs for long', (on) => {
  it('takes in with its next capture what another process had to spool meanwhile', async () => {
    const { home, redrain } = await givenRedrain({ on });
    await redrain.capture({ event_id: 'first', event_type: 'T' });
    new Spool(join(stateOf(home), 'spool')).write(newEvents(2, 'spooled'));
    await setImmediate(); // files are looked at once in a turn of the event loop
    await redrain.capture({ event_id: 'last', event_type: 'T' });
    const stored = await on.rows<{ id: string }>(home, EVENT_IDS);
    expect(stored.map(({ id }) => id)).to.deep.equal([
      'first',
      'spooled-000001',
      'spooled-000002',
      'last',
    ]);
  });
});

async function payloadsOf(on: EngineHomes, home: string): Promise<string[]> {
  const found = await on.rows<{ bytes: Buffer }>(home, 'SELECT bytes FROM payload ORDER BY seq');
  return found.map(({ bytes }) => bytes.toString());
}

const EVENT_IDS = 'SELECT event_id AS id FROM event ORDER BY seq';

describeOnEachHome('captureMany from a program', (on) => {
  it('takes lists, generators and asynchronous generators', async () => {
    const { home, redrain } = await givenRedrain({ on });
    await redrain.captureMany(envelopes(2, 'list'));
    await redrain.captureMany(oneByOne(envelopes(2, 'lazy')));
    await redrain.captureMany(oneByOneLater(envelopes(2, 'later')));
    expect(await on.rows(home, EVENT_IDS)).to.deep.equal(
      ['list0', 'list1', 'lazy0', 'lazy1', 'later0', 'later1'].map((id) => ({ id })),
    );
  });

  it('writes groups of a thousand', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const steps = recordSteps();
    const report = await redrain.captureMany(envelopes(2_500));
    expect(report).to.include({ captured: 2_500, lost: 0 });
    expect(steps.filter((name) => name === 'journal.appended')).to.have.length(3);
    expect(await payloadsOf(on, home)).to.have.length(2_500);
  });

  it('runs beside itself and beside single captures', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const reports = await Promise.all([
      redrain.captureMany(envelopes(1_500, 'a')),
      redrain.captureMany(envelopes(1_500, 'b')),
      redrain.capture({ event_id: 'c', event_type: 'T' }),
    ]);
    expect(reports[0]).to.include({ captured: 1_500, spooled: 0 });
    expect(reports[1]).to.include({ captured: 1_500, spooled: 0 });
    expect(reports[2]).to.include({ kind: 'captured' });
    expect(await payloadsOf(on, home)).to.have.length(3_001);
  });

  it('counts what became of each, and says where the bad ones stand', async () => {
    const { redrain } = await givenRedrain({ on });
    const report = await redrain.captureMany([
      { event_id: 'a', event_type: 'T' },
      { event_id: 'a', event_type: 'T' },
      { event_id: 'a', event_type: 'other' },
      'nonsense',
      { event_type: 'T' },
      { event_id: 'b' },
    ]);
    expect(report).to.include({ captured: 2, duplicates: 1, conflicts: 1, spooled: 0, lost: 0 });
    expect(report.event_ids).to.have.length(1);
    expect(report.errors.map(({ index, event_id }) => [index, event_id])).to.deep.equal([
      [2, 'a'],
      [3, undefined],
      [5, undefined],
    ]);
  });

  it('lets an object that cannot be written as JSON stop nothing else', async () => {
    const { home, redrain } = await givenRedrain({ on });
    const circular: Record<string, unknown> = { event_id: 'x', event_type: 'T' };
    circular.self = circular;
    const report = await redrain.captureMany([
      ...envelopes(2, 'a'),
      circular,
      ...envelopes(2, 'b'),
    ]);
    expect(report).to.include({ captured: 4 });
    expect(report.errors.map(({ index }) => index)).to.deep.equal([2]);
    expect(await payloadsOf(on, home)).to.have.length(4);
  });

  if (on.engine === 'SQLite')
    it('names every lost event, after it has stored what it could', async () => {
      const { home, redrain } = await givenRedrain({ on });
      const failure = await redrain
        .captureMany(loseTheRestAfter(1_000, home))
        .catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(EventsLostError);
      const ids = envelopes(1_500).map((event) => event.event_id);
      expect((failure as EventsLostError).eventIds).to.deep.equal(ids.slice(1_000));
      expect(await payloadsOf(on, home)).to.have.length(1_000);
    });

  if (on.engine === 'SQLite')
    it('tells the ids of spooled events that had none, and they are the ids in the journal', async () => {
      const { home, redrain } = await givenRedrain({ on, storage: { maxPages: 1 } });
      const long = { event_type: 'T', text: 'x'.repeat(100_000) };
      const report = await redrain.captureMany([long, long]);
      expect(report).to.include({ spooled: 2, captured: 0 });
      await redrain.close();
      const next = await givenRedrain({ home });
      await next.redrain.capture({ event_id: 'last', event_type: 'T' });
      const stored = await on.rows<{ id: string }>(home, EVENT_IDS);
      expect(stored.map(({ id }) => id)).to.deep.equal([...report.event_ids, 'last']);
    });
});

/** From the given event on, neither journal nor spool takes any. */
function* loseTheRestAfter(count: number, home: string): Generator<Record<string, unknown>> {
  for (const [i, event] of envelopes(1_500).entries()) {
    if (i === count) {
      putFileInPlaceOf(join(stateOf(home), 'spool'));
      changeJournal(home, REFUSE_EVENTS);
    }
    yield event;
  }
}

const REFUSE_EVENTS = `
  CREATE TRIGGER refuse BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'no'); END`;

async function givenUnwritableHome() {
  const home = temporaryHome();
  writeFileSync(join(home, 'redrain'), 'in the way');
  return givenRedrain({ home });
}

function* oneByOne<T>(items: readonly T[]): Generator<T> {
  yield* items;
}

async function* oneByOneLater<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    await undefined;
    yield item;
  }
}
