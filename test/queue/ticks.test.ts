import { expect } from 'chai';
import { nextTick } from '../../src/queue/ticks.js';

/** The ticks of a pattern on these days, as the wall clock of the zone shows them, with their UTC hours. */
function ticks(pattern: string, tz: string, from: string, to: string): string[] {
  const shown: string[] = [];
  for (let at = Date.parse(from) - 1; ; ) {
    const next = nextTick({ pattern, tz }, at);
    if (next === null || next >= Date.parse(to)) return shown;
    shown.push(new Date(next).toISOString().slice(11, 16));
    at = next;
  }
}

describe('ticks over a clock change', () => {
  const NEW_YORK = 'America/New_York';
  const BERLIN = 'Europe/Berlin';
  /** Changes by half an hour. */
  const LORD_HOWE = 'Australia/Lord_Howe';

  for (const [what, pattern, tz, from, to, expected] of [
    // Skipped: 02:00 to 03:00 on the wall, at 07:00 UTC.
    [
      'a list in the gap',
      '0,30 2 * * *',
      NEW_YORK,
      '2026-03-08T05:00Z',
      '2026-03-09T04:00Z',
      '07:00',
    ],
    [
      'steps across the gap',
      '*/15 1-3 * * *',
      NEW_YORK,
      '2026-03-08T05:00Z',
      '2026-03-08T12:00Z',
      '06:00 06:15 06:30 06:45 07:00 07:15 07:30 07:45',
    ],
    [
      'steps of hours across the gap',
      '0 */2 * * *',
      NEW_YORK,
      '2026-03-08T05:00Z',
      '2026-03-08T11:00Z',
      '05:00 07:00 08:00 10:00',
    ],
    [
      'a list in Berlin’s gap',
      '15,45 2 * * *',
      BERLIN,
      '2026-03-28T23:00Z',
      '2026-03-29T22:00Z',
      '01:00',
    ],
    // Repeated: 01:00 to 02:00 on the wall, at 05:00 and at 06:00 UTC.
    [
      'steps across what is repeated',
      '*/15 1-3 * * *',
      NEW_YORK,
      '2026-11-01T04:00Z',
      '2026-11-01T09:00Z',
      '05:00 05:15 05:30 05:45 07:00 07:15 07:30 07:45 08:00 08:15 08:30 08:45',
    ],
    [
      'a list in what is repeated',
      '0,30 2 * * *',
      BERLIN,
      '2026-10-24T22:00Z',
      '2026-10-25T22:00Z',
      '00:00 00:30',
    ],
    [
      'a range in what is repeated',
      '10 1-2 * * *',
      BERLIN,
      '2026-10-24T22:00Z',
      '2026-10-25T22:00Z',
      '23:10 00:10',
    ],
    // 02:00 becomes 01:30 at 15:00 UTC in April, and 02:30 at 15:30 UTC in October.
    [
      'half an hour repeated',
      '*/15 1-2 * * *',
      LORD_HOWE,
      '2026-04-04T14:00Z',
      '2026-04-04T17:00Z',
      '14:00 14:15 14:30 14:45 15:30 15:45 16:00 16:15',
    ],
    [
      'half an hour skipped',
      '0,15,30 2 * * *',
      LORD_HOWE,
      '2026-10-03T12:00Z',
      '2026-10-04T12:00Z',
      '15:30',
    ],
    [
      'every half hour, repeated',
      '*/30 * * * *',
      LORD_HOWE,
      '2026-04-04T14:00Z',
      '2026-04-04T17:00Z',
      '14:00 14:30 15:00 15:30 16:00 16:30',
    ],
    [
      'once an hour, in the gap',
      '30 * * * *',
      NEW_YORK,
      '2026-03-08T05:00Z',
      '2026-03-08T09:00Z',
      '05:30 06:30 07:30 08:30',
    ],
  ] as const)
    it(`${what}: "${pattern}" in ${tz}`, () => {
      expect(ticks(pattern, tz, from, to).join(' ')).to.equal(expected);
    });

  it('goes on from every instant of the repeated hour without a tick twice', () => {
    const repeat = { pattern: '*/15 1-3 * * *', tz: NEW_YORK };
    const start = Date.parse('2026-11-01T05:00Z');
    for (let at = start; at < start + 7_200_000; at += 60_000) {
      const next = nextTick(repeat, at) as number;
      expect(next, new Date(at).toISOString()).to.satisfy(
        (tick: number) => tick <= start + 2_700_000 || tick >= start + 7_200_000,
      );
    }
  });
});
