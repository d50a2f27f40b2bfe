import { hash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { readEnvelope } from '../../src/journal/envelope.js';
import { exportLine } from '../../src/journal/export-line.js';
import { readEvents } from '../../src/journal/input/read-events.js';
import type { WrappedEvent } from '../../src/journal/wrapped-event.js';
import '../support/fixed-seed.js';

const MAX = 100_000;

const lineOf = (event: WrappedEvent) =>
  exportLine({ ...event, sha256: hash('sha256', event.bytes) });

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What a capture makes of an export, or its problem. */
async function recaptured(lines: readonly Buffer[], pieces = 64 * 1024): Promise<unknown[]> {
  const file = Buffer.concat(lines.map((line) => Buffer.concat([line, Buffer.from('\n')])));
  const found: unknown[] = [];
  for await (const batch of readEvents(inPieces(file, pieces), 'in', { maxEventBytes: MAX }))
    for (const one of batch) found.push(one.kind === 'event' ? asRead(one.bytes) : one.problem);
  return found;
}

function asRead(bytes: Buffer): unknown {
  const read = readEnvelope(bytes, { maxEventBytes: MAX });
  if (!read.ok) return read.problem;
  const { eventId, eventType, wrapped } = read;
  return { eventId, eventType, bytes: (wrapped?.bytes ?? bytes).toString('latin1') };
}

const asKept = ({ eventId, eventType, bytes }: WrappedEvent): unknown => ({
  eventId,
  eventType,
  bytes: bytes.toString('latin1'),
});

/** Text that SQLite gives back: no halves of surrogate pairs. */
const text = fc.string({ unit: 'binary', maxLength: 20 });
const name = fc.oneof(text, fc.constantFrom('a', 'T', '7', '', 'constructor'));

const fields = fc.record(
  {
    event_id: fc.oneof(name, fc.integer(), fc.constant(null)),
    event_type: name,
    id: name,
    type: name,
    specversion: fc.constantFrom('1.0', 1),
    redrain_export: fc.constantFrom(1, 2, 'x'),
    payload: fc.json(),
    payload_base64: fc.base64String(),
    project_uuid: fc.oneof(name, fc.integer()),
    any: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const json = fc
  .tuple(fields, fc.constantFrom(undefined, 1, '\r'))
  .map(([value, space]) => JSON.stringify(value, null, space));
const noise = fc.constantFrom('', ' ', '\n', '\r\n', ',', '\0', '\u001e', '\ufeff', '[', '}');
const around = fc.tuple(noise, json, noise).map((parts) => parts.join(''));
const odd = fc.constantFrom('{"a":NaN}', '{"event_id":"a","event_id":"b"}', '[]', '7', '', '{}{}');
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array)),
  fc.oneof(json, around, odd, text).map((given) => Buffer.from(given)),
);
/** Half of them have the id and type that their bytes say. */
const event = fc
  .record({
    eventId: name,
    eventType: name,
    undeliverable: fc.constantFrom(null, null, 'its data is not JSON'),
    bytes,
    isPlain: fc.boolean(),
  })
  .map(({ isPlain, ...given }): WrappedEvent => {
    const read = readEnvelope(given.bytes, { maxEventBytes: MAX, type: given.eventType });
    const { eventType, eventId } = read.ok && isPlain ? read : given;
    return { ...given, eventType, eventId: eventId ?? given.eventId };
  });
/** The line of an event may itself be an event. */
const nested = fc.oneof(
  event,
  fc.tuple(event, event).map(([outer, inner]) => ({ ...outer, bytes: lineOf(inner).bytes })),
);

describe('an export that is captured again', () => {
  it('has the same ids, types and bytes, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(nested, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(1, 7, 65_536),
        async (events, pieces) => {
          const found = await recaptured(
            events.map((one) => lineOf(one).bytes),
            pieces,
          );
          expect(found).to.deep.equal(events.map(asKept));
          for (const one of events.filter(({ undeliverable }) => undeliverable !== null)) {
            const read = readEnvelope(lineOf(one).bytes, { maxEventBytes: MAX });
            expect(read).to.have.nested.property('wrapped.undeliverable', one.undeliverable);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('has an event of the largest size, wrapped or not', async () => {
    const envelope = (fill: number, space: string) =>
      Buffer.from(`{${space}"event_id":"a","event_type":"T","x":"${'x'.repeat(fill)}"}`);
    for (const space of ['', '\n']) {
      const whole = envelope(MAX - envelope(0, space).length, space);
      const kept = { eventId: 'a', eventType: 'T', undeliverable: null, bytes: whole };
      expect(await recaptured([lineOf(kept).bytes])).to.deep.equal([asKept(kept)]);
      const larger = { ...kept, bytes: Buffer.concat([whole.subarray(0, -2), Buffer.from('x"}')]) };
      const [problem] = await recaptured([lineOf(larger).bytes]);
      expect(problem).to.match(/^event of 100001 bytes is larger than the 100000 allowed/);
    }
  });

  it('is the payload itself where that is enough, readable where it is not', () => {
    const line = (payload: string, eventType = 'T', undeliverable: string | null = null) => {
      const kept = { eventId: 'a', eventType, undeliverable, bytes: Buffer.from(payload) };
      return lineOf(kept).bytes.toString();
    };
    const plain = '{"event_id":"a","event_type":"T"}';
    expect(line(plain)).to.equal(plain);
    expect(line(plain, 'Other')).to.equal(
      `{"redrain_export":1,"event_id":"a","event_type":"Other","sha256":"${hash('sha256', plain)}","payload":${plain}}`,
    );
    expect(JSON.parse(line('{\n}'))).to.include({ payload_base64: 'ewp9' });
    expect(JSON.parse(line('7', 'T', 'no object'))).to.include({ undeliverable: 'no object' });
  });

  it('names a line that was changed', async () => {
    const kept = {
      eventId: 'a',
      eventType: 'T',
      undeliverable: null,
      bytes: Buffer.from('{"n":1}'),
    };
    const line = lineOf(kept).bytes.toString();
    const changed = [
      line.replace('"n":1', '"n":2'),
      line.replace('"event_type":"T",', ''),
      line.replace('"event_id":"a"', '"event_id":"a","event_id":"b"'),
      line.replace('redrain_export":1', 'redrain_export":2'),
    ];
    const found = await recaptured(changed.map((one) => Buffer.from(one)));
    expect(found[0]).to.match(/was changed: its payload does not have the sha256/);
    expect(found[1]).to.match(/without event_type as a string/);
    expect(found[2]).to.match(/two top-level event_id keys/);
    expect(found[3]).to.match(/redrain_export is 2: .* cannot read/);
  });
});
