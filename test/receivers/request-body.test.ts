import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import type { OutboundEvent } from '../../src/dispatch/ports.js';
import {
  composeBody,
  compressBody,
  FRAME_BYTES,
  wireSize,
} from '../../src/receivers/request-body.js';
import { anEvent } from './events.js';

const FOREIGN: Partial<OutboundEvent> = {
  carriesOwnId: false,
  eventType: 'a "type"',
  timestamp: '2026-06-01T00:00:00Z',
  bytes: Buffer.from('{"n": 1.0}'),
};

describe('composeBody', () => {
  it('splices payload bytes in unchanged', () => {
    const bytes = Buffer.from('{ "event_id" : "a" , "n" : 1.00, "ä":"\\u00e4" }');
    expect(composeBody([anEvent('a', { bytes }), anEvent('a', { bytes })]).toString()).to.equal(
      `{"events":[${bytes},${bytes}]}`,
    );
  });

  it('puts an event without an id of its own into an envelope', () => {
    expect(composeBody([anEvent('g1', FOREIGN)]).toString()).to.equal(
      '{"events":[{"event_id":"g1","event_type":"a \\"type\\"","timestamp":"2026-06-01T00:00:00Z","payload":{"n": 1.0}}]}',
    );
    expect(composeBody([anEvent('g1', { ...FOREIGN, timestamp: null })]).toString()).to.include(
      '"timestamp":null,',
    );
  });

  it('adapts only what travels bare', () => {
    const shout = (bytes: Buffer) => Buffer.from(bytes.toString().toUpperCase());
    const body = composeBody(
      [anEvent('a', { bytes: Buffer.from('{"x":1}') }), anEvent('b', FOREIGN)],
      shout,
    );
    expect(body.toString()).to.include('{"X":1}').and.to.include('"payload":{"n": 1.0}}');
  });

  it('is the same for bytes that lie in one memory, whatever lies between them', () => {
    const pieces = fc.array(fc.tuple(fc.json(), fc.constantFrom(',', ';', ',,', ''), fc.boolean()));
    fc.assert(
      fc.property(pieces, (given) => {
        const memory = Buffer.from(given.map(([json, between]) => json + between).join(''));
        let from = 0;
        const events = given.map(([json, between, own], i) => {
          const length = Buffer.byteLength(json);
          const bytes = memory.subarray(from, from + length);
          from += length + between.length;
          return anEvent(`e${i}`, { bytes, carriesOwnId: own });
        });
        const apart = events.map((event) => ({ ...event, bytes: Buffer.from([...event.bytes]) }));
        expect(composeBody(events).toString()).to.equal(composeBody(apart).toString());
      }),
    );
  });

  it('is as large as its sizes say', () => {
    const anyEvent = fc
      .record({
        id: fc.string(),
        type: fc.string(),
        own: fc.boolean(),
        time: fc.option(fc.string()),
      })
      .map(({ id, type, own, time }) =>
        anEvent(id, {
          eventType: type,
          timestamp: time,
          carriesOwnId: own,
          bytes: Buffer.from(JSON.stringify({ id })),
        }),
      );
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1 }), (events) => {
        const sizes = events.map((event) => wireSize({ ...event, size: event.bytes.length }));
        const total = sizes.reduce((sum, size) => sum + size, FRAME_BYTES);
        expect(composeBody(events).length).to.equal(total);
      }),
    );
  });
});

describe('compressBody', () => {
  it('gives gzip of the same bytes', async () => {
    const body = composeBody([anEvent('a')]);
    expect(gunzipSync(await compressBody(body))).to.deep.equal(body);
  });
});
