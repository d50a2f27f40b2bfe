import { expect } from 'chai';
import { assetNamed } from '../../src/observatory/assets.js';
import { rangeOf } from '../../src/observatory/charts/ranges.js';
import { textOf } from '../../src/observatory/html.js';
import { ago, bytes, clock, duration } from '../../src/observatory/words.js';

const NOW = Date.UTC(2026, 10, 26, 12);
const HOUR = 3_600_000;

describe('words of the pages', () => {
  it('say how long ago something was, and the script words it the same way', async () => {
    const script = (await assetNamed('live.js'))?.text ?? '';
    const [source = ''] = /function since\(.*?\n\}\n/s.exec(script) ?? [];
    const since = new Function(`${source}; return since;`)() as (at: number, now: number) => string;
    const aways = [0, 999, 1_000, 59_999, 60_000, HOUR - 1, HOUR, 47 * HOUR, 48 * HOUR];
    for (const away of [...aways, 29 * 24 * HOUR, 31 * 24 * HOUR])
      for (const at of [NOW - away, NOW + away]) {
        const [, words] = />([^<]*)</.exec(await textOf(ago(at, NOW))) ?? [];
        expect(words, `${away}`).to.equal(since(at, NOW));
      }
    expect(await textOf(ago(NOW - 2 * HOUR, NOW))).to.contain(
      'datetime="2026-11-26T10:00:00.000Z"',
    );
  });

  it('show a time that no calendar has, and none', async () => {
    expect(await textOf(ago(1e20, NOW))).to.contain('unreadable');
    expect(await textOf(clock(1e20))).to.contain('unreadable');
    expect(await textOf(ago(null, NOW))).to.contain('never');
  });

  it('have sizes and times in units that fit', () => {
    expect([0, 1_023, 1_024, 5_000_000].map(bytes)).to.deep.equal([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '4.8 MiB',
    ]);
    const spans = [0.4, 999, 2_449, 15_000, 180_000, 12 * HOUR, 7.25 * HOUR, 36 * 24 * HOUR];
    expect(spans.map(duration)).to.deep.equal([
      '0 ms',
      '999 ms',
      '2.4 s',
      '15 s',
      '3 min',
      '12 h',
      '7.3 h',
      '36 days',
    ]);
  });
});

describe('the time that a chart shows', () => {
  const range = (asked: string, firstAt: number | null, lastAt: number | null) =>
    rangeOf({ query: new URLSearchParams({ range: asked }), now: NOW }, firstAt, lastAt);

  it('is what was asked for, else the shortest that has everything, else a day, else all', () => {
    expect(range('7d', NOW - 1, NOW).name).to.equal('7d');
    expect(range('', null, null).name).to.equal('1h');
    expect(range('', NOW - 60_000, NOW).name).to.equal('15m');
    expect(range('', NOW - 2 * HOUR, NOW).name).to.equal('24h');
    expect(range('', NOW - 900 * 24 * HOUR, NOW - HOUR).name).to.equal('24h');
    expect(range('', NOW - 900 * 24 * HOUR, NOW - 90 * 24 * HOUR).name).to.equal('all');
    expect(range('all', NOW - 60_000, NOW).name).to.equal('all');
    expect(range('nonsense', NOW - 60_000, NOW).name).to.equal('15m');
  });

  it('goes from the first event to now, in stretches that stay while time goes by', () => {
    for (const asked of ['15m', '1h', '24h', '7d', '30d', 'all']) {
      const { edges } = range(asked, NOW - 100 * 24 * HOUR, NOW);
      expect(edges).to.have.length(61);
      expect(edges.at(-1), asked).to.be.greaterThan(NOW);
      expect(edges.at(-2), asked).to.be.at.most(NOW);
      if (asked === 'all') expect(edges[0]).to.be.at.most(NOW - 100 * 24 * HOUR + HOUR * 48);
    }
    const at = (now: number) =>
      rangeOf({ query: new URLSearchParams('range=15m'), now }, null, null);
    expect(at(NOW + 14_999).edges).to.deep.equal(at(NOW).edges);
    expect(at(NOW + 15_000).edges).to.not.deep.equal(at(NOW).edges);
  });
});
