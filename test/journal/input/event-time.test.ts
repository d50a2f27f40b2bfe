import { expect } from 'chai';
import fc from 'fast-check';
import { eventTime } from '../../../src/journal/input/event-time.js';

const instant = (value: unknown): string | null => {
  const { occurredAt } = eventTime(value);
  return occurredAt === null ? null : new Date(occurredAt).toISOString();
};

describe('eventTime', () => {
  it('reads the spellings of ISO 8601 that producers use', () => {
    const spellings = {
      '2026-08-09T23:35:45.505180+00:00': '2026-08-09T23:35:45.505Z',
      '2026-08-09T23:35:45Z': '2026-08-09T23:35:45.000Z',
      '2026-08-09t23:35:45,5z': '2026-08-09T23:35:45.500Z',
      '2026-08-09 23:35:45': '2026-08-09T23:35:45.000Z',
      '2026-08-09T23:35:45 +02:30': '2026-08-09T21:05:45.000Z',
      '2026-08-09T23:35-0130': '2026-08-10T01:05:00.000Z',
      '20260809T233545Z': '2026-08-09T23:35:45.000Z',
      '2026-08-09T23+02': '2026-08-09T21:00:00.000Z',
      '2026-08-09': '2026-08-09T00:00:00.000Z',
      '2024-02-29T24:00:00Z': '2024-03-01T00:00:00.000Z',
      '2016-12-31T23:59:60Z': '2017-01-01T00:00:00.000Z',
      '0050-01-01T00:00:00Z': '0050-01-01T00:00:00.000Z',
    };
    for (const [text, expected] of Object.entries(spellings)) {
      expect(eventTime(text).timestamp).to.equal(text);
      expect(instant(text), text).to.equal(expected);
    }
  });

  it('keeps the text of a time it cannot understand', () => {
    const odd = [
      'yesterday',
      '2026-02-30T00:00:00Z',
      '2026-13-01',
      '2026-08-09T25:00:00Z',
      '1',
      '2026',
      '2026-08-09T10:61:00Z',
      '0000-01-01',
      '9999-12-31T23:59:59-01:00',
      '2026-08-09T10:00:00Zjunk',
    ];
    for (const text of odd) {
      expect(eventTime(text), text).to.deep.equal({ timestamp: text, occurredAt: null });
    }
  });

  it('takes numbers for epoch seconds or milliseconds', () => {
    expect(eventTime(1_786_000_000.25)).to.deep.equal({
      timestamp: '2026-08-06T07:06:40.250Z',
      occurredAt: 1_786_000_000_250,
    });
    expect(eventTime(1_786_000_000_250).occurredAt).to.equal(1_786_000_000_250);
    expect(eventTime(0).occurredAt).to.equal(0);
    expect(eventTime(-1).occurredAt).to.equal(-1000);
  });

  it('has neither text nor instant for what cannot be stored or is no time', () => {
    const none = { timestamp: null, occurredAt: null };
    const odd = [undefined, true, {}, ['2026-01-01'], '', 1e300, -1e15, 'x'.repeat(600), '\ud800'];
    for (const value of odd) expect(eventTime(value)).to.deep.equal(none);
  });

  it('agrees with Date.parse on every instant it writes', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date(0),
          max: new Date('9999-12-31T23:59:59.999Z'),
          noInvalidDate: true,
        }),
        fc.constantFrom('T', ' '),
        (date, separator) => {
          const text = date.toISOString().replace('T', separator);
          expect(instant(text)).to.equal(date.toISOString());
        },
      ),
    );
  });
});
