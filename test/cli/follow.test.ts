import { expect } from 'chai';
import type { ListedEvent } from '../../src/reports/event-list.js';
import { captured, envelopes } from '../processes/given-events.js';
import { Cli, type RunningCli } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const idsIn = (jsonl: string): string[] =>
  jsonl
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as ListedEvent).event_id);

/** The last id of this many events. */
const idOf = (prefix: string, n: number): string => `${prefix}-${String(n).padStart(4, '0')}`;

const has = (id: string) => (running: RunningCli) => running.stdout.includes(id);

describe('redrain events --follow', () => {
  it('shows what other processes capture, each event once and in order', async () => {
    const cli = new Cli();
    await captured(cli, envelopes(30, 'before'));
    const running = cli.start(['events', '--follow', '--output', 'jsonl']);
    await running.until(has('before-0030'));
    expect(idsIn(running.stdout)).to.deep.equal(
      Array.from({ length: 10 }, (_, i) => idOf('before', 21 + i)),
    );
    for (const prefix of ['one', 'two', 'three']) {
      await captured(cli, envelopes(1, prefix));
      await running.until(has(`${prefix}-0001`));
    }

    const writers = ['a', 'b', 'c', 'd'];
    await Promise.all(writers.map((name) => captureInPieces(cli, name)));
    await captured(cli, envelopes(1, 'last'));
    await running.until(has('last-0001'));
    running.kill('SIGINT');
    const { code, stdout, stderr } = await running.exited;
    expect({ code, stderr }).to.deep.equal({ code: 130, stderr: '' });
    const seqs = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as ListedEvent).seq);
    expect(seqs).to.deep.equal(Array.from({ length: 10 + 3 + 4 * 600 + 1 }, (_, i) => i + 21));
  });

  it('shows those that match only, from --since on all of them, as lines or CSV', async () => {
    const cli = new WarmCli();
    const typed = (id: string, event_type: string) => ({ event_id: id, event_type });
    const many = Array.from({ length: 700 }, (_, i) => typed(`i-${i}`, i % 2 ? 'Odd' : 'Even'));
    await captured(cli, many);
    const csv = cli.start(['events', '--follow', '--type', 'Odd', '--output', 'csv']);
    const all = cli.start(['events', '--follow', '--since', '1h', '--type', 'Odd']);
    await Promise.all([csv.until(has('i-699')), all.until(has('i-699'))]);
    await captured(cli, [typed('no', 'Even'), typed('yes', 'Odd')]);
    await Promise.all([csv.until(has('yes')), all.until(has('yes'))]);
    for (const running of [csv, all]) running.kill('SIGTERM');
    const [head = '', ...lines] = (await csv.exited).stdout.trim().split('\n');
    expect(head).to.match(/^captured_at,event_id,/);
    expect(lines).to.have.length(11);
    const told = await all.exited;
    expect(told.code).to.equal(143);
    const rows = told.stdout.trim().split('\n');
    expect(rows).to.have.length(351);
    for (const row of rows) expect(row).to.match(/^\d{4}-\S+Z {2}Odd {2}\S+$/);
  });

  it('waits for a journal that is not there yet, and ends when nobody reads any more', async () => {
    const cli = new WarmCli();
    const running = cli.start(['events', '--follow']);
    await captured(cli, envelopes(3));
    await running.until(has('e-0003'));
    running.child.stdout?.destroy();
    await captured(cli, envelopes(3, 'unread'));
    expect((await running.exited).code).to.equal(0);
  });

  it('refuses what would never end or never match', async () => {
    const cli = new WarmCli();
    for (const [words, said] of [
      [['--json'], 'use --output jsonl'],
      [['--output', 'json'], 'use --output jsonl'],
      [['--export'], 'exclude each other'],
      [['--until', 'now'], 'leave --until out'],
      [['--state', 'rejected'], 'leave --state out'],
    ] as const) {
      const run = await cli.run(['events', '--follow', ...words]);
      expect(run.code, words.join(' ')).to.equal(64);
      expect(run.stderr).to.include(said);
    }
  });
});

async function captureInPieces(cli: Cli, name: string): Promise<void> {
  for (const piece of ['1', '2', '3']) await captured(cli, envelopes(200, `${name}${piece}`));
}
