import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import type { App } from '../../src/app/app.js';
import { journalRows } from '../library/journal-rows.js';
import { rounds } from '../support/rounds.js';
import { type Captured, captureBytes, openApp } from './capture-input.js';

const id = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 7, 2 ** 53),
  fc.string({ unit: 'binary' }),
  fc.integer(),
);
const value = fc.oneof(fc.jsonValue(), fc.bigInt().map(String), fc.double());
const event = fc.record(
  { event_id: id, event_type: fc.constantFrom('T', 'WPStatusChanged'), n: value },
  { requiredKeys: ['event_type'] },
);
const cloudEvent = fc.record({ specversion: fc.constant('1.0'), id, type: id, data: value });
const odd = fc.constantFrom(
  '{"event_id":"a","event_id":"b","event_type":"T"}',
  '{"event_id":"x\\u0000","event_type":"T"}',
  '{"event_id":"\\ud800","event_type":"T"}',
  '{"event_id":"\\udfff\\ud800","event_type":"T"}',
  '{"event_id":"e","event_type":"T","n":1e999}',
  '{"event_id":"f","event_type":"T","n":123456789012345678901234567890.00}',
  '{"event_type":"T","__proto__":{"event_id":"p"},"constructor":1}',
  '{"event_id":"g","event_type":"\u2028"}',
  '{"event_id":18446744073709551616,"event_type":"T"}',
  '{"event_id":1.50,"event_type":"T"}',
  '{"event_type":"T","project_uuid":7,"project_uuid":"p"}',
  '{}',
  '[]',
  'null',
  '"event"',
);
const line = fc.oneof(event.map(text), cloudEvent.map(text), odd);

function text(one: unknown): string {
  return JSON.stringify(one, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v));
}

/** What may stand between events: commas, record separators, byte order marks, blanks. */
const BETWEEN = '[\ufeff\x1e, \\t\\r]';

const spaces = fc.constantFrom('\n', '\r\n', '\n\n', '\n \t\n', '', ' ', ',', '\n,\n');
/** Valid and nearly valid texts: lines, arrays, pretty-printed objects, one after the other. */
const document = fc
  .array(
    fc.oneof(
      line,
      fc.array(line, { maxLength: 4 }).map((lines) => `[${lines.join(', ')}]`),
      event.map((one) => JSON.stringify(JSON.parse(text(one)), null, 2)),
    ),
    { maxLength: 6 },
  )
  .chain((parts) =>
    fc
      .array(spaces, { minLength: parts.length, maxLength: parts.length })
      .map((between) => Buffer.from(parts.map((part, i) => part + between[i]).join(''))),
  );

type Mutation = (bytes: Buffer) => Buffer;

const at = fc.double({ min: 0, max: 1, noNaN: true });
const position = (bytes: Buffer, share: number): number => Math.floor(share * bytes.length);
const inserted = fc.oneof(
  fc.constantFrom('\0', '\ufeff', '\r', '\n', '"', '\\', '{', '}', '[', ']', ',', '\u001b[2J'),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(Buffer.from([0xff, 0xfe]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xc0])),
);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(at, fc.nat(7)).map(
    ([share, bit]): Mutation =>
      (bytes) => {
        const out = Buffer.from(bytes);
        const i = position(bytes, share);
        if (i < out.length) out[i] = (out[i] ?? 0) ^ (1 << bit);
        return out;
      },
  ),
  at.map(
    (share): Mutation =>
      (bytes) =>
        bytes.subarray(0, position(bytes, share)),
  ),
  at.map(
    (share): Mutation =>
      (bytes) =>
        bytes.subarray(position(bytes, share)),
  ),
  fc.tuple(at, inserted).map(
    ([share, more]): Mutation =>
      (bytes) => {
        const i = position(bytes, share);
        return Buffer.concat([bytes.subarray(0, i), Buffer.from(more), bytes.subarray(i)]);
      },
  ),
  fc.constant<Mutation>((bytes) => Buffer.concat([bytes, bytes])),
  fc.constant<Mutation>((bytes) => gzipSync(bytes)),
  fc.constant<Mutation>((bytes) => Buffer.from(bytes.toString(), 'utf16le')),
  fc.constant<Mutation>((bytes) => Buffer.from(`\ufeff${bytes.toString()}`, 'utf16le').swap16()),
);
const mutated = fc
  .tuple(document, fc.array(mutation, { maxLength: 4 }))
  .map(([bytes, steps]) => steps.reduce<Buffer>((now, step) => step(now), bytes));
const anything = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

interface Row {
  readonly event_id: string;
  readonly bytes: Buffer;
}

const rowsFrom = (app: App, seq: number): Row[] =>
  journalRows<Row>(
    app.paths.home,
    `SELECT e.event_id, p.bytes FROM event e JOIN payload p USING (seq) WHERE seq > ${seq} ORDER BY seq`,
  );

const head = (app: App): number =>
  journalRows<{ head: number }>(
    app.paths.home,
    'SELECT COALESCE(max(seq), 0) AS head FROM event',
  )[0]?.head ?? 0;

/** What holds of any input whatsoever. */
function expectAccounted({ taken, summary }: Captured, input: Buffer, rows: readonly Row[]): void {
  const { captured, duplicates, conflicts, spooled, lost, errors } = summary.report;
  expect(captured + duplicates + conflicts + summary.invalid).to.equal(taken.length);
  expect(spooled + lost).to.equal(0);
  expect(errors).to.have.length(conflicts + summary.invalid);
  const texts = textsIn(input);
  const lines = Math.max(...texts.map((text) => text.toString('latin1').split('\n').length));
  for (const problem of errors) {
    expect(problem.line).to.be.within(1, lines);
    expect(problem.problem).to.match(/^\P{Cc}{3,600}$/u);
  }
  const kept = taken.filter(({ kind }) => kind === 'captured');
  expect(rows.map(({ bytes }) => bytes.toString('latin1'))).to.deep.equal(
    kept.map(({ bytes }) => bytes?.toString('latin1')),
  );
  for (const { bytes } of rows)
    expect(
      texts.some((text) => text.includes(bytes)),
      'bytes of the input',
    ).to.equal(true);
  for (const row of rows) expect(row.event_id).to.equal(idIn(row));
}

/** The input, and what it holds when it is compressed or UTF-16, by other means than redrain's. */
function textsIn(input: Buffer, layers = 0): Buffer[] {
  if (layers > 3) return [input];
  const found = [input];
  if (input[0] === 0x1f) found.push(...textsIn(unpacked(input), layers + 1));
  for (const name of ['utf-16le', 'utf-16be'])
    found.push(Buffer.from(new TextDecoder(name).decode(input)));
  return found;
}

/** What gzip data hold before their damage: that of the longest beginning that can be unpacked. */
function unpacked(input: Buffer): Buffer {
  let text: Buffer = Buffer.alloc(0);
  for (let step = 2 ** Math.ceil(Math.log2(input.length + 1)), good = 0; step >= 1; step /= 2) {
    const more = good + step <= input.length && beginning(input.subarray(0, good + step));
    if (!more) continue;
    good += step;
    text = more;
  }
  return text;
}

/** Of gzip data that may go on; undefined when they are damaged. */
function beginning(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

/** The id an independent reader finds in the bytes; what was made is taken as it is. */
function idIn({ bytes, event_id }: Row): unknown {
  const envelope = JSON.parse(bytes.toString()) as Record<string, unknown>;
  const cloud = typeof envelope.specversion === 'string' ? envelope.id : undefined;
  const given = [cloud, envelope.event_id].find((one) => one !== undefined && one !== null);
  // Numbers are taken by their digits as they stand.
  if (typeof given === 'number')
    return bytes.includes(event_id) && Number(event_id) === given ? event_id : 'other digits';
  return given ?? (/^[0-9A-HJKMNP-TV-Z]{26}$/.test(event_id) ? event_id : 'no id was made');
}

describe('capture of any bytes', function () {
  // 20,000 inputs take four minutes on a machine that is busy.
  this.timeout(rounds(120_000, 900_000));

  it('keeps what are events byte for byte, names all else by line, and counts every one', async () => {
    const app = openApp();
    await captureBytes(app, Buffer.from('{"event_id":"first","event_type":"T"}'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, mutated, anything), fc.nat(40), async (input, piece) => {
        const before = head(app);
        const captured = await captureBytes(app, input, { pieceBytes: piece + 1 });
        expectAccounted(captured, input, rowsFrom(app, before));
      }),
      { numRuns: rounds(100, 20_000) },
    );
  });

  it('loses no line to the damage of another', async () => {
    const app = openApp();
    const garbage = fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.filter((b) => b !== 10));
    const part = fc.constantFrom('{"a":', '{"a":"', '"', '}', ']', '{"a":[', '\ufeff', '\\', '{');
    const damage = fc.oneof(garbage, part).map((bytes) => Buffer.from(bytes as string));
    await fc.assert(
      fc.asyncProperty(
        damage,
        fc.nat(5),
        fc.integer({ min: 1, max: 50 }),
        async (bad, where, n) => {
          const good = Array.from({ length: 6 }, (_, i) => `{"event_id":"${i}","event_type":"T"}`);
          const lines = good.map((one) => Buffer.from(`${one}\n`));
          lines.splice(where, 0, Buffer.concat([bad, Buffer.from('\n')]));
          const { taken } = await captureBytes(app, Buffer.concat(lines), { pieceBytes: n });
          const found = taken.flatMap(({ eventId }) => (eventId === null ? [] : [eventId]));
          expect(found).to.include.members(['0', '1', '2', '3', '4', '5']);
          const isBlank = new RegExp(`^${BETWEEN}*$`).test(bad.toString());
          // A file that begins with `[` is an array: that it never ends shows at its end.
          const opensArray =
            where === 0 && new RegExp(`^${BETWEEN}*\\[${BETWEEN}*$`).test(bad.toString());
          const ofBad = taken.filter(({ line, eventId }) =>
            opensArray ? eventId === null : line === where + 1,
          );
          if (!isBlank)
            expect(ofBad, 'the damaged line is answered for').to.have.length.at.least(1);
        },
      ),
      { numRuns: rounds(50, 10_000) },
    );
  });
});
