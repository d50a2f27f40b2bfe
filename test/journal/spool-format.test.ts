import { expect } from 'chai';
import fc from 'fast-check';
import type { NewEvent } from '../../src/journal/new-event.js';
import { decodeSpool, encodeSpool } from '../../src/journal/spool-format.js';
import { newEvent } from '../support/events.js';
import { rounds } from '../support/rounds.js';

/** Texts that try to be more than one line, or to end a record. */
const AWKWARD = ['line\nbreak', 'separator\u2028', '\ud800', 'redrain-spool-1 1\n', '\u0000', '{}'];

describe('a spool file', () => {
  it('gives back every field and every byte', () => {
    const events = givenEvents();
    expect(decodeSpool(encodeSpool(events))).to.deep.equal({ events, problems: [] });
  });

  it('holds any bytes and any text', () => {
    fc.assert(
      fc.property(fc.array(anyEvent(), { maxLength: 5 }), (events) => {
        expect(decodeSpool(encodeSpool(events))).to.deep.equal({ events, problems: [] });
      }),
      { numRuns: rounds(40, 2_000) },
    );
  });

  it('gives what is whole, and says what is missing, wherever it was torn', () => {
    const events = givenEvents();
    const whole = encodeSpool(events);
    const withoutLastNewline = whole.length - 1;
    for (let length = 0; length < withoutLastNewline; length++) {
      const read = decodeSpool(whole.subarray(0, length));
      expect(read.events, `torn at ${length}`).to.deep.equal(events.slice(0, read.events.length));
      expect(read.problems, `torn at ${length}`).to.have.length(1);
    }
    expect(decodeSpool(whole.subarray(0, withoutLastNewline)).events).to.deep.equal(events);
  });

  it('says how many records are missing, and from which one on', () => {
    const events = givenEvents();
    const [problem] = decodeSpool(encodeSpool(events).subarray(0, -3)).problems;
    expect(problem).to.equal('torn: 1 of 3 records cannot be read (from record 3 on)');
  });

  it('never makes another event of a damaged one', () => {
    const events = givenEvents();
    const whole = encodeSpool(events);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x01;
      const read = decodeSpool(damaged);
      expect(read.events, `bit flipped at ${at}`).to.deep.equal(
        events.slice(0, read.events.length),
      );
      if (read.events.length < events.length) expect(read.problems).to.have.length(1);
    }
  });

  it('is not taken for one when it is something else', () => {
    for (const content of ['', '\n', '{"event_id":"a"}\n', 'redrain-spool-9 1\n', '\u0000'])
      expect(decodeSpool(Buffer.from(content)).problems).to.have.length(1);
  });
});

function givenEvents(): NewEvent[] {
  return [
    newEvent('first', { blockedReason: 'saas_disabled', producerTeam: 'blue' }),
    newEvent('zwei\n\u2028', { bytes: Buffer.from('{"x":"\\n"}\n\n'), occurredAt: 17 }),
    newEvent('third', { origin: { projectUuid: 'p', repoSlug: 'r', checkout: '/c d' } }),
  ];
}

function anyEvent(): fc.Arbitrary<NewEvent> {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom(...AWKWARD));
  return fc
    .record({
      eventId: text,
      eventType: text,
      bytes: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      blockedReason: fc.option(text),
      undeliverable: fc.option(text),
      occurredAt: fc.option(fc.maxSafeInteger()),
      origin: fc.record({
        projectUuid: fc.option(text),
        repoSlug: fc.option(text),
        checkout: fc.option(text),
      }),
    })
    .map(({ eventId, ...more }) => newEvent(eventId, more));
}
