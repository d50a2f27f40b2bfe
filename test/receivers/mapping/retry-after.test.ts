import { expect } from 'chai';
import { retryAfterMs } from '../../../src/receivers/mapping/batch-failure.js';

const NOW = Date.UTC(2026, 5, 1, 12, 0, 0);

describe('retryAfterMs', () => {
  it('reads whole seconds', () => {
    expect(retryAfterMs(' 30 ', NOW)).to.equal(30_000);
    expect(retryAfterMs('0', NOW)).to.equal(0);
  });

  it('reads the three forms of an HTTP date', () => {
    expect(retryAfterMs('Mon, 01 Jun 2026 12:01:00 GMT', NOW)).to.equal(60_000);
    expect(retryAfterMs('Monday, 01-Jun-26 12:01:00 GMT', NOW)).to.equal(60_000);
    expect(retryAfterMs('Mon Jun  1 12:01:00 2026', NOW)).to.equal(60_000);
  });

  it('ignores what is past, absurd or garbage', () => {
    const ignored = [
      undefined,
      '',
      '-5',
      '1e3',
      'soon',
      '30, 60',
      '999999999999',
      'Mon, 01 Jun 2026',
    ];
    for (const header of [
      ...ignored,
      'Mon, 01 Jun 2026 11:59:59 GMT',
      'Abc, 99 Xyz 2026 12:00:00 GMT',
    ])
      expect(retryAfterMs(header, NOW), String(header)).to.equal(undefined);
  });
});
