import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeSpool, encodeSpool } from '../../src/journal/spool-format.js';
import { payloadsOf } from '../library/journal-rows.js';
import { newEvent, newEvents } from '../support/events.js';
import { rounds } from '../support/rounds.js';
import { captureBytes, openApp } from './capture-input.js';

/** A spool file of one record whose digest is right, whatever it says. */
function forged(meta: unknown, bytes: Buffer = Buffer.alloc(0)): Buffer {
  const json = JSON.stringify(meta);
  const digest = createHash('sha256').update(json).update('\n').update(bytes).digest('hex');
  return Buffer.concat([
    Buffer.from(`redrain-spool-1 1\n${digest} ${json}\n`),
    bytes,
    Buffer.from('\n'),
  ]);
}

const { bytes: BYTES, sha256: _, ...FIELDS } = newEvent('forged');
const GOOD = { ...FIELDS, size: BYTES.length };

const FORGERIES: Readonly<Record<string, unknown>> = {
  'a size below zero, which would lead back to the start': { ...GOOD, size: -200 },
  'a size beyond the file': { ...GOOD, size: 2 ** 52 },
  'a size that is not a number': { ...GOOD, size: '3' },
  'no id': { ...GOOD, eventId: undefined },
  'a number for an id': { ...GOOD, eventId: 7 },
  'a list for a type': { ...GOOD, eventType: ['T'] },
  'no origin': { ...GOOD, origin: null },
  'an origin of numbers': { ...GOOD, origin: { projectUuid: 1, repoSlug: 2, checkout: 3 } },
  'a time that is text': { ...GOOD, capturedAt: 'now' },
  'a time without end': { ...GOOD, occurredAt: '1e999' },
  'an audit note of its own making': { ...GOOD, audit: { action: 'drop', family: 1 } },
  'an object for a reason': { ...GOOD, blockedReason: { toString: 1 } },
  'a list in place of it all': [GOOD],
  nothing: null,
};

describe('a spool file that somebody made', () => {
  it('is read as a forger wrote it or not at all', () => {
    expect(decodeSpool(forged(GOOD, BYTES)).events).to.have.length(1);
    for (const [what, meta] of Object.entries(FORGERIES)) {
      const { events, problems } = decodeSpool(forged(meta, BYTES));
      expect(events, what).to.deep.equal([]);
      expect(problems, what).to.have.length(1);
    }
  });

  it('never stops the reader, whatever bytes it holds', () => {
    const whole = encodeSpool(newEvents(3));
    const change = fc.tuple(fc.nat(whole.length), fc.uint8Array({ maxLength: 6 }), fc.nat(4));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
        let bytes = whole;
        for (const [at, more, skip] of changes)
          bytes = Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at + skip)]);
        const { events, problems } = decodeSpool(bytes);
        expect(events.length + problems.length).to.be.within(1, 4);
        for (const { eventId, bytes: kept } of events) expect(kept.toString()).to.include(eventId);
      }),
      { numRuns: rounds(500, 50_000) },
    );
  });

  it('keeps nothing waiting: it is set aside, and what else there is is taken in', async () => {
    const app = openApp();
    const dir = app.paths.spoolDir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const names = Object.keys(FORGERIES).map(
      (_what, i) => `01ARZ3NDEKTSV4RRFFQ69G5F${String(i).padStart(2, '0')}.spool`,
    );
    Object.values(FORGERIES).forEach((meta, i) => {
      writeFileSync(join(dir, names[i] ?? ''), forged(meta, BYTES));
    });
    writeFileSync(join(dir, '..spool'), encodeSpool(newEvents(1, 'dots')));
    writeFileSync(join(dir, 'x\n\u001b[2J.spool'), encodeSpool(newEvents(1, 'odd')));
    writeFileSync(join(dir, '02.spool'), 'redrain-spool-1 999999999\n');
    const { summary } = await captureBytes(app, Buffer.from('{"event_id":"new","event_type":"T"}'));
    expect(summary.report).to.include({ captured: 1 });
    const ids = payloadsOf(app.paths.home).map(
      (text) => (JSON.parse(text) as { event_id: string }).event_id,
    );
    expect(ids.sort()).to.deep.equal(['dots-000001', 'new', 'odd-000001']);
    const left = readdirSync(dir);
    expect(left).to.have.length(names.length + 1);
    expect(
      left.every((name) => name.endsWith('.torn')),
      left.join(),
    ).to.equal(true);
  });
});
