import { expect } from 'chai';
import { canonicalDigest } from '../../src/json/canonical.js';
import { type Core, openCore, row, rows } from '../support/core.js';
import { inProject, newEvent, newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';

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

describe('the journal', () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
  });
  afterEach(() => assertLedgerInvariant(core));

  for (const [what, first, again] of RESPELLINGS) {
    it(`takes ${what} for the same event, and keeps the bytes it had first`, async () => {
      expect(await append('x', first)).to.equal('captured');
      expect(await append('x', again)).to.equal('duplicate');
      expect(payloads()).to.deep.equal([first]);
      expect(conflicts()).to.deep.equal([]);
    });
  }

  for (const [what, first, again] of DIFFERENCES) {
    it(`takes ${what} for a conflict, and keeps both`, async () => {
      await append('x', first);
      expect(await append('x', again)).to.equal('conflict');
      expect(payloads()).to.deep.equal([first]);
      expect(conflicts()).to.deep.equal([again]);
    });
  }

  it('keeps each conflicting content once, however often it comes', async () => {
    await append('x', '{"event_id":"x","n":1e2}');
    for (const n of [2, 3, 2, 3, 3]) {
      expect(await append('x', `{"event_id":"x","n":${n}}`)).to.equal('conflict');
    }
    expect(conflicts()).to.deep.equal(['{"event_id":"x","n":2}', '{"event_id":"x","n":3}']);
    expect(await append('x', '{"event_id":"x","n":100.0}')).to.equal('duplicate');
  });

  it('compares events of one group with each other', async () => {
    const group = [
      '{"event_id":"x","n":1.0}',
      '{"event_id":"x","n":1.00}',
      '{"event_id":"x","n":2}',
    ];
    const events = group.map((text) => newEvent('x', { bytes: Buffer.from(text) }));
    const verdicts = await core.journal.append([...events, newEvent('y')], 'capture');
    expect(verdicts).to.deep.equal(['captured', 'duplicate', 'conflict', 'captured']);
    expect(conflicts()).to.deep.equal([group[2]]);
  });

  it('still knows what an event said when its bytes are purged', async () => {
    const first = '{"event_id":"x","n":100.0,"s":"é"}';
    await append('x', first);
    await purge('x', first);
    expect(payloads()).to.deep.equal([]);
    expect(await append('x', first)).to.equal('duplicate');
    expect(await append('x', '{"s":"\\u00e9", "n":1e2, "event_id":"x"}')).to.equal('duplicate');
    expect(await append('x', '{"event_id":"x","n":101.0,"s":"é"}')).to.equal('conflict');
    expect(payloads(), 'a duplicate brings nothing back').to.deep.equal([]);
  });

  it('numbers events in the order they came, without gaps, over failed groups too', async () => {
    await core.journal.append(newEvents(3, 'a'), 'capture');
    await failInTheMiddle(newEvents(3, 'lost'));
    await append('x', '{"event_id":"x"}');
    await append('x', '{"event_id":"x","other":1}');
    await core.journal.append(newEvents(2, 'b'), 'capture');
    const stored = rows<{ seq: number; event_id: string }>(
      core,
      'SELECT seq, event_id FROM event ORDER BY seq',
    );
    expect(stored.map(({ seq }) => seq)).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(stored.map((event) => event.event_id)).to.deep.equal([
      'a-000001',
      'a-000002',
      'a-000003',
      'x',
      'b-000001',
      'b-000002',
    ]);
  });

  it('stores nothing at all of a group that fails', async () => {
    await core.journal.append(newEvents(1, 'before'), 'capture');
    await failInTheMiddle(newEvents(5, 'lost', inProject('p')));
    for (const table of ['event', 'payload', 'live', 'origin'])
      expect(row(core, `SELECT count(*) AS n FROM ${table}`), table).to.deep.equal({ n: 1 });
  });

  it('does not remember a project whose first group failed', async () => {
    await failInTheMiddle(newEvents(2, 'lost', inProject('fresh')));
    await core.journal.append(newEvents(1, 'first', inProject('other')), 'capture');
    await core.journal.append(newEvents(2, 'second', inProject('fresh')), 'capture');
    expect(
      rows(
        core,
        `SELECT project_uuid AS project, count(*) AS n FROM event e
         JOIN origin o ON o.id = e.origin_id GROUP BY 1 ORDER BY 1`,
      ),
    ).to.deep.equal([
      { project: 'fresh', n: 2 },
      { project: 'other', n: 1 },
    ]);
  });

  it('gives a project that two connections meet first one and the same row', async () => {
    const other = await openCore(core.home);
    await core.journal.append(newEvents(1, 'a', inProject('p')), 'capture');
    await other.journal.append(newEvents(1, 'b', inProject('p')), 'capture');
    await core.journal.append(newEvents(1, 'c', inProject('p')), 'capture');
    expect(rows(core, 'SELECT project_uuid FROM origin')).to.deep.equal([{ project_uuid: 'p' }]);
    expect(row(core, 'SELECT live FROM (SELECT events AS live FROM journal_count)')).to.deep.equal({
      live: 3,
    });
  });

  it('tells origins apart by project, repository and checkout, and by nothing less', async () => {
    const origins = [
      { projectUuid: null, repoSlug: null, checkout: null },
      { projectUuid: 'a', repoSlug: null, checkout: null },
      { projectUuid: null, repoSlug: 'a', checkout: null },
      { projectUuid: null, repoSlug: null, checkout: 'a' },
      { projectUuid: 'a', repoSlug: 'a', checkout: null },
    ];
    const events = origins.flatMap((origin, i) => [
      newEvent(`one-${i}`, { origin }),
      newEvent(`two-${i}`, { origin }),
    ]);
    await core.journal.append(events, 'capture');
    expect(rows(core, 'SELECT origin_id, events FROM journal_count')).to.deep.equal(
      origins.map((_, i) => ({ origin_id: i + 1, events: 2 })),
    );
  });

  it('takes groups that start together one after the other', async () => {
    const groups = Array.from({ length: 20 }, (_, i) => newEvents(10, `g${i}`));
    const verdicts = await Promise.all(
      groups.map((group) => core.journal.append(group, 'capture')),
    );
    expect(new Set(verdicts.flat())).to.deep.equal(new Set(['captured']));
    const ids = rows<{ id: string }>(core, 'SELECT event_id AS id FROM event ORDER BY seq');
    expect(ids.map(({ id }) => id)).to.deep.equal(groups.flat().map((event) => event.eventId));
  });

  async function append(eventId: string, text: string): Promise<string | undefined> {
    const event = newEvent(eventId, { bytes: Buffer.from(text) });
    const [verdict] = await core.journal.append([event], 'capture');
    return verdict;
  }

  function payloads(): string[] {
    return rows<{ bytes: Buffer }>(core, 'SELECT bytes FROM payload ORDER BY seq').map(
      ({ bytes }) => bytes.toString(),
    );
  }

  function conflicts(): string[] {
    return rows<{ incoming_bytes: Buffer }>(core, 'SELECT * FROM conflict ORDER BY id').map(
      (conflict) => conflict.incoming_bytes.toString(),
    );
  }

  /** As gc leaves an event: a record of what it said, and the counters that go with it. */
  async function purge(eventId: string, text: string): Promise<void> {
    await core.db.write((db) => {
      const { seq, size } = row<{ seq: number; size: number }>(
        core,
        'SELECT seq, size FROM event WHERE event_id = ?',
        eventId,
      );
      db.prepare(`INSERT INTO purge (seq, kind, at, canonical_sha256) VALUES (?, 'gc', 1, ?)`).run(
        seq,
        canonicalDigest(Buffer.from(text)),
      );
      db.prepare('DELETE FROM payload WHERE seq = ?').run(seq);
      db.prepare('UPDATE journal_count SET retained = retained - 1, bytes = bytes - ?').run(size);
    });
  }

  /** A group whose last event no table would take. */
  async function failInTheMiddle(events: ReturnType<typeof newEvents>): Promise<void> {
    const impossible = newEvent('impossible', { capturedAt: null as never });
    const failure = await core.journal
      .append([...events, impossible], 'capture')
      .catch((error: Error) => error);
    expect(failure).to.be.instanceOf(Error);
  }
});
