import { expect } from 'chai';
import {
  Capture,
  type CaptureContext,
  type CaptureInput,
  type CaptureVerdict,
} from '../../src/journal/capture.js';
import { Spool } from '../../src/journal/spool.js';
import { describeOnEachEngine, type EngineCore } from '../support/each-engine.js';
import { stateOf } from '../support/temporary-home.js';

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

const CONTEXT: CaptureContext = {
  rules: { maxEventBytes: 1_000 },
  now: () => 1_767_323_045_000,
  blockedReason: () => null,
  producer: { user: 'ada@example.com', team: 'blue' },
  discard: { retention: true, families: new Map(), auditDiscard: false },
};

describeOnEachEngine('capture', (open) => {
  let core: EngineCore;
  beforeEach(async () => {
    core = await open();
  });

  it('keeps the exact bytes of an envelope, whatever they look like', async () => {
    const texts = [
      '{"event_id":"a","event_type":"T"}',
      ' {\t"event_type" : "T",\r\n "event_id":"b", "n": 1.50, "s":"\\u00e9\\/" } ',
      '{"event_id":"c","event_type":"T","s":"é\u2028"}',
    ];
    await capture(texts);
    const stored = await core.rows<{ bytes: Buffer }>('SELECT bytes FROM payload ORDER BY seq');
    expect(stored.map(({ bytes }) => bytes.toString())).to.deep.equal(texts);
  });

  it('makes an id for an event that has none, tells it, and writes it nowhere into the bytes', async () => {
    const text = '{"event_type":"T","n":1}';
    const verdicts = await capture([text, text]);
    const ids = verdicts.map((verdict) => ('eventId' in verdict ? verdict.eventId : ''));
    expect(ids[0]).to.match(ULID);
    expect(ids[0]).not.to.equal(ids[1]);
    expect(verdicts[0]).to.deep.equal({
      kind: 'captured',
      eventId: ids[0],
      generated: true,
      refused: false,
    });
    const stored = await core.rows<{ event_id: string; bytes: Buffer; carries_id: number }>(
      'SELECT event_id, carries_id, bytes FROM event JOIN payload USING (seq) ORDER BY seq',
    );
    expect(stored.map((event) => event.event_id)).to.deep.equal(ids);
    expect(stored.map((event) => event.bytes.toString())).to.deep.equal([text, text]);
    expect(stored.map((event) => event.carries_id)).to.deep.equal([0, 0]);
  });

  it('writes down for each event the reason that holds for its own project', async () => {
    const context: CaptureContext = {
      ...CONTEXT,
      blockedReason: (origin) => (origin.projectUuid === 'p' ? null : 'missing_project'),
    };
    await capture(
      [
        '{"event_id":"in","event_type":"T","project_uuid":"p"}',
        '{"event_id":"out","event_type":"T"}',
      ],
      context,
    );
    expect(
      await core.rows('SELECT event_id, drain_blocked_reason AS reason FROM event ORDER BY seq'),
    ).to.deep.equal([
      { event_id: 'in', reason: null },
      { event_id: 'out', reason: 'missing_project' },
    ]);
  });

  it('notes project, repository, checkout, producer and both times', async () => {
    const text =
      '{"event_id":"a","event_type":"T","project_uuid":"p","repo_slug":"r","team_slug":"red","timestamp":"2026-01-02T03:04:05Z"}';
    await capture([text], CONTEXT, '/somewhere/here');
    expect(
      await core.row(`SELECT project_uuid, repo_slug, checkout, producer_user, producer_team, event_time,
           occurred_at, captured_at FROM event JOIN origin ON origin.id = origin_id`),
    ).to.deep.equal({
      project_uuid: 'p',
      repo_slug: 'r',
      checkout: '/somewhere/here',
      producer_user: 'ada@example.com',
      producer_team: 'red',
      event_time: '2026-01-02T03:04:05Z',
      occurred_at: Date.UTC(2026, 0, 2, 3, 4, 5),
      captured_at: CONTEXT.now(),
    });
  });

  it('captures the rest of a group when some of it is not an event', async () => {
    const verdicts = await capture([
      '{"event_id":"a","event_type":"T"}',
      '[]',
      '{"event_id":"b","event_id":"c","event_type":"T"}',
      `{"event_id":"d","event_type":"T","x":"${'y'.repeat(1_000)}"}`,
      '{"event_id":"e","event_type":"T"}',
    ]);
    expect(verdicts.map(({ kind }) => kind)).to.deep.equal([
      'captured',
      'invalid',
      'invalid',
      'invalid',
      'captured',
    ]);
    expect(await core.rows('SELECT event_id FROM event ORDER BY seq')).to.deep.equal([
      { event_id: 'a' },
      { event_id: 'e' },
    ]);
  });

  it('touches neither journal nor spool for a group without a single event', async () => {
    const untouched = new Capture(
      { error: new Error('there is no journal') },
      new Spool('/dev/null/no-such-directory'),
    );
    const verdicts = await untouched.captureGroup([{ bytes: Buffer.from('nonsense') }], CONTEXT);
    expect(verdicts.map(({ kind }) => kind)).to.deep.equal(['invalid']);
  });

  it('answers in the order it was asked', async () => {
    await capture(['{"event_id":"a","event_type":"T"}']);
    const verdicts = await capture([
      '{"event_id":"new","event_type":"T"}',
      '{"event_type":"T","event_id":"a"}',
      'x',
      '{"event_id":"a","event_type":"other"}',
    ]);
    expect(verdicts.map(({ kind }) => kind)).to.deep.equal([
      'captured',
      'duplicate',
      'invalid',
      'conflict',
    ]);
  });

  function capture(
    texts: readonly string[],
    context = CONTEXT,
    checkout: string | null = null,
  ): Promise<CaptureVerdict[]> {
    const inputs = texts.map((text): CaptureInput => ({ bytes: Buffer.from(text), checkout }));
    const spool = new Spool(`${stateOf(core.home)}/spool`);
    return new Capture(core.journal, spool).captureGroup(inputs, context);
  }
});
