import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { timeOf } from '../../src/cli/times.js';

const HOUR = 3_600_000;
const TIMES = new URL('../../src/cli/times.js', import.meta.url).href;

/** The same function in a process of this time zone. */
function inZone(zone: string, now: string, texts: readonly string[]): string[] {
  const script = `const { timeOf } = await import(${JSON.stringify(TIMES)});
    const read = (text) => new Date(timeOf('--since', text, Date.parse(${JSON.stringify(now)})));
    process.stdout.write(JSON.stringify(${JSON.stringify(texts)}.map((text) => read(text).toISOString())));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TZ: zone },
    encoding: 'utf8',
  });
  expect(stderr).to.equal('');
  return JSON.parse(stdout) as string[];
}

describe('points in time', () => {
  const now = Date.parse('2026-11-26T10:30:00Z');
  const ago = (text: string): number => now - timeOf('--since', text, now);

  it('so long ago', () => {
    expect(ago('2h')).to.equal(2 * HOUR);
    expect(ago('2h ago')).to.equal(2 * HOUR);
    expect(ago('2 hours ago')).to.equal(2 * HOUR);
    expect(ago('1h30m')).to.equal(1.5 * HOUR);
    expect(ago('1d 12h ago')).to.equal(36 * HOUR);
    expect(ago('0.5h')).to.equal(HOUR / 2);
    expect(ago('3d')).to.equal(72 * HOUR);
    expect(ago('Now')).to.equal(0);
  });

  it('with a zone, wherever this machine is', () => {
    const at = (text: string): string => new Date(timeOf('--until', text, now)).toISOString();
    expect(at('2026-11-22T10:00:00Z')).to.equal('2026-11-22T10:00:00.000Z');
    expect(at('2026-11-22T10:00:00.123+02:00')).to.equal('2026-11-22T08:00:00.123Z');
    expect(at('2026-11-22 10:00Z')).to.equal('2026-11-22T10:00:00.000Z');
    expect(at('0099-01-01T00:00:00Z')).to.equal('0099-01-01T00:00:00.000Z');
  });

  it('days and times without a zone are those of this machine, also where the clocks change', () => {
    const berlin = ['today', 'yesterday', '2026-03-29', '2026-03-28T12:00', '2026-03-29 03:30'];
    expect(inZone('Europe/Berlin', '2026-03-30T09:00:00Z', berlin)).to.deep.equal([
      '2026-03-29T22:00:00.000Z',
      // 23 hours before: the clocks went forward on that day.
      '2026-03-28T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-28T11:00:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ]);
    const autumn = inZone('America/New_York', '2026-11-02T12:00:00Z', ['yesterday', '1d']);
    expect(autumn).to.deep.equal(['2026-11-01T04:00:00.000Z', '2026-11-01T12:00:00.000Z']);
    expect(inZone('Pacific/Apia', '2026-11-22T10:30:00Z', ['today', 'yesterday'])).to.deep.equal([
      '2026-11-21T11:00:00.000Z',
      '2026-11-20T11:00:00.000Z',
    ]);
  });

  it('that cannot be read are named, with what can', () => {
    const wrong = 'foo|tomorrow|-2h|2|2parsecs|2026-02-30|2026-13-01|2026-11-22T25:00|ago|2h agog';
    for (const text of [...wrong.split('|'), '', ' ', `${'9'.repeat(15)}y`, '1h'.repeat(60)])
      expect(() => timeOf('--since', text, now), text).to.throw(
        `cannot read --since "${text}"; use 2h, 3d, yesterday, 2026-11-22 or an ISO time`,
      );
  });
});
