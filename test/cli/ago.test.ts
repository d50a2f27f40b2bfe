import { expect } from 'chai';
import { ago, timeText } from '../../src/cli/ago.js';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const before = (seconds: number): string => ago(NOW - seconds * 1_000, NOW);

describe('a time for people', () => {
  it('is how long ago, in the unit that fits', () => {
    const told = [0, 1, 59.9, 60, 3_599, 3_600, 47 * 3_600, 48 * 3_600, 29 * 86_400].map(before);
    expect(told).to.deep.equal([
      'now',
      '1s ago',
      '59s ago',
      '1m ago',
      '59m ago',
      '1h ago',
      '47h ago',
      '2d ago',
      '29d ago',
    ]);
  });

  it('is a date further away, and says of the future that it is to come', () => {
    expect(before(30 * 86_400)).to.equal('2026-10-23');
    expect(ago(NOW + 90_000, NOW)).to.equal('in 1m');
    expect(ago(Number.MAX_SAFE_INTEGER, NOW)).to.match(/^unreadable/);
  });

  it('is ISO 8601 in a pipe, and stays what it is where it is no time', () => {
    expect(timeText(NOW - 5_000, { isTerminal: false })).to.equal('2026-11-22T11:59:55.000Z');
    expect(timeText('2026-11-22T11:58:00Z', { isTerminal: true }, NOW)).to.equal('2m ago');
    expect(timeText('never', { isTerminal: true })).to.equal('never');
  });
});
