import { expect } from 'chai';
import { FILE_AFTER } from '../../src/sqlite/journal/filing.sql.js';
import { ROWS } from '../../src/sqlite/journal/journal.sql.js';
import { checkCounters } from '../../src/sqlite/verification/ledger-checks.js';
import { beginPass, claim, seqsOf } from '../ledger/hand-drain.js';
import { type Core, givenTarget, openCore, row, rows } from '../support/core.js';
import { newEvent, newEvents } from '../support/events.js';
import { assertLedgerInvariant } from '../support/invariant.js';

describe('events that are captured one by one', () => {
  let core: Core;
  beforeEach(async () => {
    core = await openCore();
  });
  afterEach(() => assertLedgerInvariant(core));

  const filed = (): number => row<{ seq: number }>(core, 'SELECT seq FROM filed').seq;
  const liveRows = (): number => row<{ n: number }>(core, 'SELECT count(*) AS n FROM live').n;
  async function captureOnes(count: number, name = 'one'): Promise<void> {
    for (const event of newEvents(count, name)) await core.journal.append([event], 'capture');
  }

  it('are counted, reported and found before they are filed', async () => {
    const target = await givenTarget(core);
    await captureOnes(3);
    expect([filed(), liveRows()]).to.deep.equal([0, 0]);
    const counts = await core.reports.counts([{ targetId: target.id, permission: () => null }]);
    expect(counts.classes).to.deep.equal([
      { class: 'live', events: 3, retained: 3, bytes: row(core, BYTES).bytes },
    ]);
    expect(counts.targets.get(target.id)?.waiting.unsent).to.equal(3);
    expect((await core.reports.knownOrigins()).map(({ live }) => live)).to.deep.equal([3]);
    const work = await core.ledger.workDue(target.id, () => null);
    expect(work.hasUnsent).to.equal(true);
    expect(checkCounters(core.db).problems).to.deep.equal([]);
  });

  it('are filed together, by whoever fills a stretch, in any process', async () => {
    const other = await openCore(core.home);
    await captureOnes(FILE_AFTER - 2);
    await other.journal.append(newEvents(1, 'other'), 'capture');
    expect([filed(), liveRows()]).to.deep.equal([0, 0]);
    await core.journal.append(newEvents(1, 'last'), 'capture');
    expect([filed(), liveRows()]).to.deep.equal([FILE_AFTER, FILE_AFTER]);
    await captureOnes(1, 'next');
    expect([filed(), liveRows()]).to.deep.equal([FILE_AFTER, FILE_AFTER]);
  });

  it('are filed before anything else is written, so that a pass finds them', async () => {
    await captureOnes(2, 'before');
    await givenTarget(core);
    expect(filed()).to.equal(2);
    await captureOnes(3, 'after');
    const pass = await beginPass(core);
    expect(filed()).to.equal(5);
    expect(seqsOf(await claim(core, pass))).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('are not filed by a group that fails', async () => {
    await captureOnes(1);
    await core.db
      .write(() => {
        throw new Error('no');
      })
      .catch(() => undefined);
    expect([filed(), liveRows()]).to.deep.equal([0, 0]);
  });

  it('stay filed: nobody takes the mark back', async () => {
    await captureOnes(2);
    await core.db.write(() => undefined);
    for (const sql of [
      'UPDATE filed SET seq = 1',
      'UPDATE filed SET seq = 3',
      'DELETE FROM filed',
      'INSERT OR REPLACE INTO filed VALUES (1, 0)',
    ])
      expect(() => core.db.statement(sql).run(), sql).to.throw('what is filed stays filed');
  });

  const BYTES = 'SELECT sum(size) AS bytes FROM event';
});

describe('a group of events', () => {
  it('has the verdicts and numbers it would have one by one, wherever a known id stands', async () => {
    const core = await openCore();
    await core.journal.append([newEvent('known')], 'capture');
    const many = newEvents(3 * ROWS + 5, 'many');
    const repeated = many[ROWS + 7];
    const group = [
      ...many.slice(0, ROWS + 10),
      newEvent('known'),
      ...many.slice(ROWS + 10, 2 * ROWS + 15),
      ...(repeated === undefined ? [] : [repeated]),
      newEvent('known', { bytes: Buffer.from('{"other":1}') }),
      ...many.slice(2 * ROWS + 15),
    ];
    const verdicts = await core.journal.append(group, 'capture');
    const others = verdicts.flatMap((verdict, i) => (verdict === 'captured' ? [] : [[i, verdict]]));
    expect(others).to.deep.equal([
      [ROWS + 10, 'duplicate'],
      [2 * ROWS + 16, 'duplicate'],
      [2 * ROWS + 17, 'conflict'],
    ]);
    expect(rows(core, 'SELECT event_id AS id FROM event ORDER BY seq')).to.deep.equal(
      ['known', ...many.map(({ eventId }) => eventId)].map((id) => ({ id })),
    );
    expect(row(core, 'SELECT max(seq) AS n FROM event')).to.deep.equal({ n: many.length + 1 });
    assertLedgerInvariant(core);
  });

  it('of few, too: what is known is found, keeps its number, and makes no origin', async () => {
    const core = await openCore();
    await core.journal.append([newEvent('a'), newEvent('b')], 'capture');
    const elsewhere = { projectUuid: null, repoSlug: null, checkout: '/elsewhere' };
    const verdicts = await core.journal.append(
      [
        newEvent('c'),
        newEvent('a'),
        newEvent('b', { origin: elsewhere }),
        newEvent('c', { bytes: Buffer.from('{"other":1}') }),
        newEvent('d'),
      ],
      'capture',
    );
    expect(verdicts).to.deep.equal(['captured', 'duplicate', 'duplicate', 'conflict', 'captured']);
    expect(rows(core, 'SELECT seq, event_id AS id FROM event ORDER BY seq')).to.deep.equal([
      { seq: 1, id: 'a' },
      { seq: 2, id: 'b' },
      { seq: 3, id: 'c' },
      { seq: 4, id: 'd' },
    ]);
    expect(row(core, 'SELECT count(*) AS n FROM origin')).to.deep.equal({ n: 1 });
    assertLedgerInvariant(core);
  });

  it('keeps what each event says of its producer, whether all say the same or not', async () => {
    const core = await openCore();
    const alike = newEvents(ROWS, 'alike').map((event) => ({ ...event, producerTeam: 'one' }));
    const unlike = newEvents(ROWS, 'unlike').map((event, i) => ({
      ...event,
      producerTeam: i % 2 === 0 ? 'one' : null,
      producerUser: i % 3 === 0 ? 'somebody' : null,
      blockedReason: i % 5 === 0 ? 'offline' : null,
      carriesId: i % 7 === 0,
      undeliverable: i % 11 === 0 ? 'too odd' : null,
    }));
    await core.journal.append([...alike, ...unlike], 'capture');
    expect(
      rows(
        core,
        `SELECT event_id AS eventId, producer_team AS producerTeam, producer_user AS producerUser,
           drain_blocked_reason AS blockedReason, carries_id AS carriesId, undeliverable,
           event_type AS eventType, sha256, size, captured_at AS capturedAt FROM event ORDER BY seq`,
      ),
    ).to.deep.equal(
      [...alike, ...unlike].map((event) => ({
        eventId: event.eventId,
        producerTeam: event.producerTeam,
        producerUser: event.producerUser,
        blockedReason: event.blockedReason,
        carriesId: event.carriesId ? 1 : 0,
        undeliverable: event.undeliverable,
        eventType: event.eventType,
        sha256: event.sha256,
        size: event.bytes.length,
        capturedAt: event.capturedAt,
      })),
    );
  });
});
