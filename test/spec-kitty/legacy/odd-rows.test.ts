import { expect } from 'chai';
import { givenTarget, row, rows } from '../../support/core.js';
import { drainWith } from '../../support/drains.js';
import { assertLedgerInvariant } from '../../support/invariant.js';
import { ScriptedReceiver } from '../../support/scripted-receiver.js';
import { journalOf, migrated, NOW, sourceOf } from './migrated.js';
import { givenHome, oldEvent, writeQueue } from './old-queues.js';

describe('odd rows of an old queue', () => {
  it('with an unusable timestamp are one warning each and never the end of the run', async () => {
    const paths = givenHome();
    const odd = ['soon', 1.5, 253_402_300_800n, -1n, 9_223_372_036_854_775_807n, Buffer.from('x')];
    writeQueue(paths.legacyQueue, {
      rows: [
        oldEvent('fine'),
        ...odd.map((timestamp, i) => ({ ...oldEvent(`odd-${i}`), timestamp })),
      ],
    });

    const done = await migrated(paths);

    const source = sourceOf(done, 'queue.db');
    expect(source).to.include({ imported: 7, flagged: 0 });
    expect(source.warnings).to.have.length(6);
    expect(source.warnings.join()).to.contain('its timestamp is unusable: "soon"');
    const times = new Map(journalOf(done.core).map((one) => [one.event_id, one.captured_at]));
    expect(times.get('fine')).to.equal(1_770_000_000_000);
    expect(times.get('odd-0')).to.equal(NOW);
    expect(
      row(done.core, 'SELECT count(*) AS n FROM imported_row WHERE enqueued_at IS NULL'),
    ).to.deep.equal({ n: 6 });
  });

  it('with an odd project are of a project nobody allowed, never of none', async () => {
    const paths = givenHome();
    const withProject = (id: string, member: string) => {
      const { data, ...more } = oldEvent(id);
      return { ...more, data: String(data).replace('{', `{${member},`) };
    };
    writeQueue(paths.legacyQueue, {
      rows: [
        withProject('a', '"project_uuid":"harbor","project_uuid":"secret"'),
        withProject('b', '"project_uuid":7'),
        withProject('c', '"project_uuid":"\\ud800"'),
      ],
    });
    const done = await migrated(paths);
    expect(
      rows(
        done.core,
        'SELECT o.project_uuid AS p FROM event e JOIN origin o ON o.id = e.origin_id ORDER BY e.event_id',
      ).map(({ p }) => p),
    ).to.deep.equal(['(two project_uuid keys)', '(number) 7', '(unusable project_uuid)']);
  });

  it('with an odd retry count keep it out, and say so', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, {
      rows: [
        { ...oldEvent('a'), retryCount: 'many' },
        { ...oldEvent('b'), retryCount: null },
        { ...oldEvent('c'), retryCount: 9_007_199_254_740_993n },
      ],
    });
    const done = await migrated(paths);
    expect(sourceOf(done, 'queue.db').warnings).to.deep.equal([
      'row 1 (a): its retry_count is unusable: "many"',
    ]);
    expect(
      rows(done.core, 'SELECT CAST(retry_count AS TEXT) AS n FROM imported_row').map(({ n }) => n),
    ).to.deep.equal([null, null, '9007199254740993']);
  });

  const FLAGGED: readonly [what: string, data: string | Buffer, reason: string][] = [
    ['an array', '[1, 2]', 'its data is not a JSON object'],
    ['a string', '"x"', 'its data is not a JSON object'],
    ['a bare NaN', 'NaN', 'its data is not a JSON object'],
    ['nothing', '', 'its data is not JSON'],
    ['half an object', '{"event_id": "e"', 'its data is not JSON'],
    [
      'invalid UTF-8',
      Buffer.from('{"event_id": "e", "x": "\xff"}', 'latin1'),
      'its data is not valid UTF-8',
    ],
    ['another id', '{"event_id": "other"}', 'its data carries another event_id: "other"'],
    ['an id of another kind', '{"event_id": 7}', 'its data carries another event_id: a number'],
    ['no id', '{"event_type": "T"}', 'its data carries no event_id'],
    ['two ids', '{"event_id": "x", "event_id": "e"}', 'its data carries two event_id keys'],
  ];
  for (const [what, data, reason] of FLAGGED)
    it(`are kept under the id of the row and never sent: ${what}`, async () => {
      const paths = givenHome();
      writeQueue(paths.legacyQueue, { rows: [{ eventId: 'e', data }] });

      const done = await migrated(paths);

      expect(sourceOf(done, 'queue.db')).to.include({ imported: 1, flagged: 1 });
      expect(sourceOf(done, 'queue.db').flags).to.deep.equal([
        { row_id: '1', event_id: 'e', reason },
      ]);
      const [event] = journalOf(done.core);
      expect(event).to.include({ event_id: 'e', undeliverable: reason });
      expect(event?.bytes.equals(Buffer.from(data))).to.equal(true);
    });

  for (const literal of ['NaN', 'Infinity', '-Infinity'])
    it(`with a bare ${literal} are kept as they are; receivers of JSON refuse them`, async () => {
      const paths = givenHome();
      const data = `{"event_id": "e", "project_uuid": "p-1", "timestamp": "2026-02-02T00:00:00Z", "x": ${literal}}`;
      writeQueue(paths.legacyQueue, { rows: [{ eventId: 'e', data }] });

      const done = await migrated(paths);

      expect(sourceOf(done, 'queue.db').flags[0]?.reason).to.contain('bare NaN or Infinity');
      expect(journalOf(done.core)[0]).to.include({
        undeliverable: null,
        carries_id: 1,
        occurred_at: Date.UTC(2026, 1, 2),
      });
      expect(row(done.core, 'SELECT project_uuid FROM origin')).to.deep.equal({
        project_uuid: 'p-1',
      });
    });

  it('end as terminal_failed with the reason, and are never posted', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, {
      rows: [oldEvent('fine'), { eventId: 'odd', data: '{"event_id": "other"}' }],
    });
    const { core } = await migrated(paths);
    const { id } = await givenTarget(core);
    const receiver = new ScriptedReceiver();

    await drainWith(core, receiver, { target: { id, url: 'http://a.test' } });

    expect(receiver.posts).to.deep.equal([['fine']]);
    expect(
      rows(core, 'SELECT status, attempt_count, last_error FROM delivery ORDER BY seq'),
    ).to.deep.equal([
      { status: 'success', attempt_count: 1, last_error: null },
      {
        status: 'terminal_failed',
        attempt_count: 0,
        last_error: 'its data carries another event_id: "other"; it was never sent',
      },
    ]);
    assertLedgerInvariant(core);
  });

  it('keep an id that is not UTF-8 readable, and are not sent', async () => {
    const paths = givenHome();
    writeQueue(paths.legacyQueue, { rows: [{ eventId: Buffer.from([0x61, 0xff]), data: '{}' }] });
    const done = await migrated(paths);
    expect(journalOf(done.core)[0]).to.include({
      event_id: 'hex:61ff',
      undeliverable: 'its data carries no event_id',
    });
  });

  it('keep every byte: escapes, spaces, big integers, -0.0, lone surrogates', async () => {
    const paths = givenHome();
    const data =
      '{"event_id": "e",  "n": 12345678901234567890123, "z": -0.0, "s": "\\ud800 \\u00e9", "f": 1.0, "é": "ü"}\n';
    writeQueue(paths.legacyQueue, { rows: [{ eventId: 'e', data }] });
    const done = await migrated(paths);
    expect(journalOf(done.core)[0]?.bytes.toString()).to.equal(data);
    expect(sourceOf(done, 'queue.db').flagged).to.equal(0);
  });
});
