import { expect } from 'chai';
import {
  DEFAULT_MAX_EVENT_BYTES,
  type Envelope,
  type EnvelopeRules,
  MAX_ID_LENGTH,
  readEnvelope,
} from '../../src/journal/envelope.js';

const rules: EnvelopeRules = { maxEventBytes: DEFAULT_MAX_EVENT_BYTES };

function read(input: unknown, more: Partial<EnvelopeRules> = {}): Envelope {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const envelope = readEnvelope(Buffer.from(text), { ...rules, ...more });
  if (!envelope.ok) throw new Error(`unexpected problem: ${envelope.problem}`);
  return envelope;
}

function problemOf(input: unknown, more: Partial<EnvelopeRules> = {}): string {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const bytes = Buffer.isBuffer(input) ? input : Buffer.from(text);
  const envelope = readEnvelope(bytes, { ...rules, ...more });
  if (envelope.ok) throw new Error('expected a problem');
  return envelope.problem;
}

describe('readEnvelope', () => {
  it('reads what the journal needs, at the top level only', () => {
    const event = {
      event_id: '01KZ',
      event_type: 'MissionCreated',
      timestamp: '2026-08-09T23:35:45.505180+00:00',
      project_uuid: 'P ',
      repo_slug: 'acme/site',
      team_slug: 't',
      payload: { event_id: 'x', project_uuid: 'y' },
    };
    expect(read(event)).to.deep.equal({
      ok: true,
      eventId: '01KZ',
      eventType: 'MissionCreated',
      timestamp: '2026-08-09T23:35:45.505180+00:00',
      occurredAt: Date.UTC(2026, 7, 9, 23, 35, 45, 505),
      projectUuid: 'P ',
      repoSlug: 'acme/site',
      teamSlug: 't',
      ownId: '01KZ',
      coalesceKey: null,
      wrapped: null,
    });
  });

  it('gives null for everything an event may lack', () => {
    const bare = { ok: true, eventId: null, eventType: 'T', timestamp: null, occurredAt: null };
    const unnamed = {
      projectUuid: null,
      repoSlug: null,
      teamSlug: null,
      ownId: null,
      coalesceKey: null,
      wrapped: null,
    };
    expect(read({ event_type: 'T' })).to.deep.equal({ ...bare, ...unnamed });
    const nulls = { event_id: null, event_type: 'T', timestamp: null, project_uuid: null };
    expect(read(nulls)).to.deep.equal({ ...bare, ...unnamed });
  });

  it('takes an empty project for none, and one that is not a string for an unknown one', () => {
    for (const project_uuid of ['', null, undefined])
      expect(read({ event_type: 'T', project_uuid }).projectUuid).to.equal(null);
    for (const [text, name] of [
      ['7', '(number) 7'],
      ['9007199254740993', '(number) 9007199254740993'],
      ['["p"]', '(array) ["p"]'],
      ['{ "uuid" : "p" }', '(object) {"uuid":"p"}'],
      ['false', '(boolean) false'],
    ])
      expect(read(`{"event_type":"T","project_uuid":${text}}`).projectUuid).to.equal(name);
    const large = read({ event_type: 'T', project_uuid: ['x'.repeat(1000)] }).projectUuid;
    expect(large).to.match(/^\(array\) [0-9a-f]{64}$/);
  });

  it('is not misled by keys that every object inherits', () => {
    expect(read('{"__proto__":{"event_id":"x"},"event_type":"T"}').eventId).to.equal(null);
    expect(read({ event_type: 'T' }, { idField: 'constructor.name' }).eventId).to.equal(null);
  });
});

describe('where id, type and time are found', () => {
  it('names the type only of events that carry none', () => {
    expect(read({ a: 1 }, { type: 'Named' }).eventType).to.equal('Named');
    expect(read({ event_type: null }, { type: 'Named' }).eventType).to.equal('Named');
    expect(read({ event_type: 'Own' }, { type: 'Named' }).eventType).to.equal('Own');
  });

  it('follows dotted paths, and prefers a top-level key that holds the dots', () => {
    const fields = { idField: 'meta.id', typeField: 'meta.kind', timeField: 'meta.at' };
    const meta = { id: 'i', kind: 'K', at: '2026-01-01' };
    expect(read({ meta }, fields)).to.include({ eventId: 'i', eventType: 'K', ownId: null });
    expect(read({ meta }, fields).occurredAt).to.equal(Date.UTC(2026, 0, 1));
    expect(read({ meta, 'meta.id': 'flat' }, fields).eventId).to.equal('flat');
    expect(read({ meta: 'none', event_type: 'T' }, fields).eventId).to.equal(null);
  });

  it('falls back to the usual fields where the named one is absent', () => {
    const fields = { idField: 'guid', typeField: 'kind', timeField: 'at' };
    const event = { event_id: 'e', event_type: 'T', timestamp: '2026-01-01' };
    expect(read(event, fields)).to.include({ eventId: 'e', eventType: 'T', ownId: 'e' });
    expect(read({ ...event, guid: 'g' }, fields)).to.include({ eventId: 'g', ownId: 'e' });
  });

  it('reads CloudEvents from their own fields', () => {
    const cloud = { specversion: '1.0', id: 'c', type: 'com.x', time: '2026-01-01T00:00:00Z' };
    expect(read(cloud)).to.include({ eventId: 'c', eventType: 'com.x', timestamp: cloud.time });
    expect(read({ ...cloud, event_id: 'e', event_type: 'T' })).to.include({
      eventId: 'c',
      eventType: 'com.x',
      ownId: 'e',
      coalesceKey: null,
    });
    expect(read({ ...cloud, guid: 'g' }, { idField: 'guid' }).eventId).to.equal('g');
    expect(read({ specversion: '1.0', event_type: 'T' })).to.include({ eventId: null });
  });

  it('takes it for no CloudEvent without a specversion string', () => {
    expect(read({ specversion: 1, id: 'c', type: 'x', event_type: 'T' })).to.include({
      eventId: 'c',
      eventType: 'T',
    });
    expect(read({ specversion: 1, id: 'c', event_id: 'e', event_type: 'T' }).eventId).to.equal('e');
  });
});

describe('what is refused, and how it is said', () => {
  it('says why an id, a type or a project cannot be one', () => {
    const long = 'x'.repeat(MAX_ID_LENGTH + 1);
    expect(problemOf({ event_id: '', event_type: 'T' })).to.equal('event_id is empty');
    expect(problemOf({ event_id: true, event_type: 'T' })).to.equal(
      'event_id is a boolean, not a string',
    );
    expect(problemOf({ event_id: long, event_type: 'T' })).to.contain('longer than 512');
    expect(problemOf({ event_id: 'a\0b', event_type: 'T' })).to.contain('NUL');
    expect(problemOf('{"event_id":"\\udc00","event_type":"T"}')).to.contain('surrogate');
    expect(problemOf({ event_type: ['T'] })).to.equal('event_type is an array, not a string');
    expect(problemOf({ event_type: '' }, { type: 'Named' })).to.equal('event_type is empty');
    expect(problemOf({ a: 1 }, { type: '' })).to.equal('--type is empty');
    expect(problemOf({ specversion: '1.0', id: {}, type: 'T' })).to.contain('id is an object');
    expect(problemOf({ event_type: 'T', project_uuid: long })).to.contain('project_uuid is longer');
  });

  it('accepts an id of the greatest length, and any whole character', () => {
    const longest = 'x'.repeat(MAX_ID_LENGTH);
    expect(read({ event_id: longest, event_type: 'T' }).eventId).to.equal(longest);
    expect(read('{"event_id":"\\ud83d\\ude00","event_type":"T"}').eventId).to.equal('😀');
  });

  it('mentions --type where there is none', () => {
    expect(problemOf({ event_id: 'x' }))
      .to.contain('no event_type')
      .and.to.contain('--type');
  });

  it('refuses two top-level event_id keys, however they are spelled', () => {
    const two = 'two top-level event_id keys';
    expect(problemOf('{"event_id":"a","event_type":"T","event_id":"a"}')).to.contain(two);
    expect(problemOf('{"event\\u005fid":"a","event_type":"T","event_id":"b"}')).to.contain(two);
    expect(problemOf('{"\\u0065vent_id":"a","event_type":"T","event\\u005Fid":"b"}')).to.contain(
      two,
    );
    const nested = '{"event_id":"a","event_type":"\\u0054","x":{"event_id":"b"},"event_id_":"c"}';
    expect(read(nested)).to.include({ eventId: 'a', eventType: 'T' });
    expect(read('{"event\\u005fid":"a","event_type":"T"}').ownId).to.equal('a');
  });

  it('says what is there when it is not an object', () => {
    const kinds = { '[1]': 'an array', '"a"': 'a string', '1': 'a number', null: 'null' };
    for (const [text, kind] of Object.entries(kinds)) {
      expect(problemOf(text)).to.equal(`expected a JSON object, got ${kind}`);
    }
  });

  it('says what is not JSON, on one line', () => {
    expect(problemOf('')).to.equal('not JSON: Unexpected end of JSON input');
    expect(problemOf('{"a":NaN}')).to.match(/^not JSON: .*N/);
    expect(problemOf('\0{"a":1}')).to.match(/^not JSON: .*'\\x00'.* \(byte 1 is \\x00\)$/);
    expect(problemOf('{"a":1}\u200b')).to.match(/\(byte 8 is \\u200b\)$/);
    expect(problemOf('{"a":1}\u00a0')).to.match(/\(byte 8 is \\xa0\)$/);
    for (const text of ['{\n\n"a"\n:', 'x\n\u001b[31m\r\n', '\u0000']) {
      expect(problemOf(text)).to.match(/^not JSON: \P{Control}{1,200}$/u);
    }
  });

  it('says so when the bytes are not UTF-8', () => {
    const bytes = Buffer.from('{"event_type":"\xe9"}', 'latin1');
    expect(problemOf(bytes)).to.equal('not valid UTF-8: \\xe9 at byte 16');
    for (const [before, fault] of [
      ['é'.repeat(5000), [0xff]],
      ['x'.repeat(4094), [0xf0, 0x9f, 0x98]],
      ['', [0xed, 0xa0, 0x80]],
    ] as const) {
      const text = Buffer.from(`"${before}`);
      const [byte = 0] = fault;
      expect(problemOf(Buffer.concat([text, Buffer.from(fault), Buffer.from('"')]))).to.equal(
        `not valid UTF-8: \\x${byte.toString(16)} at byte ${text.length + 1}`,
      );
    }
  });

  it('names size, limit and setting when an event is too large', () => {
    const event = JSON.stringify({ event_type: 'T' });
    expect(read(event, { maxEventBytes: event.length }).eventType).to.equal('T');
    expect(problemOf(event, { maxEventBytes: event.length - 1 }))
      .to.contain(String(event.length))
      .and.to.contain(String(event.length - 1))
      .and.to.contain('sync.capture.max_event_bytes');
  });

  it('takes any nesting within the limit as data', () => {
    const deep = '['.repeat(400_000) + ']'.repeat(400_000);
    expect(read(`{"event_type":"T","x":${deep}}`).eventType).to.equal('T');
  });

  describe('events of common shapes', () => {
    const usual = { id: 'evt_1', type: 'order.paid', created_at: '2026-03-02T13:00:00Z' };

    it('are taken without options', () => {
      expect(read(usual)).to.include({
        eventId: 'evt_1',
        eventType: 'order.paid',
        timestamp: '2026-03-02T13:00:00Z',
        ownId: null,
      });
      expect(read({ id: 7, type: 'T', created: 1_767_225_600 })).to.include({
        eventId: '7',
        occurredAt: 1_767_225_600_000,
      });
      for (const field of ['timestamp', 'time', 'created', 'created_at'])
        expect(read({ type: 'T', [field]: usual.created_at }).occurredAt, field).to.be.a('number');
    });

    it('have their own fields first: event_id, event_type, timestamp', () => {
      const own = { event_id: 'e', event_type: 'E', timestamp: '2026-01-01T00:00:00Z' };
      expect(read({ ...usual, ...own })).to.include({
        eventId: 'e',
        eventType: 'E',
        timestamp: '2026-01-01T00:00:00Z',
      });
      expect(read({ event_type: 'E', id: 'evt_1' })).to.include({ eventId: 'evt_1' });
    });

    it('are not guessed at where the caller said more', () => {
      expect(read({ ...usual, event_type: 'E' }, { idField: 'uid' }).eventId).to.equal(null);
      expect(read(usual, { type: 'Imported' }).eventType).to.equal('Imported');
      expect(read(usual, { timeField: 'at' }).timestamp).to.equal(null);
      expect(problemOf(usual, { typeField: 'kind' })).to.match(/no event_type and no type/);
    });

    it('lose nothing by a field that is something else', () => {
      for (const id of [{ $oid: '1' }, 7.5, '', true, ['a']])
        expect(read({ event_type: 'E', id }).eventId, JSON.stringify(id)).to.equal(null);
      expect(read('{"event_type":"E","id":1,"id":2}').eventId).to.equal(null);
      for (const time of [35, 'morning', null, {}])
        expect(read({ event_type: 'E', time }), JSON.stringify(time)).to.include({
          timestamp: null,
          occurredAt: null,
        });
      expect(problemOf({ id: 'a', type: { name: 'T' } })).to.match(/no event_type and no type/);
    });
  });
});
