import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import type { StatusDocument } from '../../src/app/status.js';
import type { TopReport } from '../../src/app/top.js';
import { widthOf } from '../../src/cli/width.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { type Cli } from '../support/cli.js';
import { HAS_TERMINALS, lastScreen, plain, startOnTerminal } from '../support/pty.js';
import { stateOf } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

const ENTERED = '\u001b[?1049h';
const LEFT = '\u001b[?1049l';
const CURSOR = '\u001b[?25h';

async function givenHome(): Promise<Cli> {
  const cli = new WarmCli();
  await captured(cli, envelopes(5));
  sendTo(cli, 'stub:a');
  await cli.run(['now']);
  return cli;
}

describe('redrain status --watch in a pipe', () => {
  it('is one block for each change, and none for what changes nothing', async () => {
    const cli = await givenHome();
    const running = cli.start(['status', '--watch']);
    await running.until(({ stdout }) => /events kept +5 /.test(stdout));
    await cli.run(['status']);
    await captured(cli, envelopes(2, 'more'));
    await running.until(({ stdout }) => /events kept +7 /.test(stdout));
    running.kill('SIGINT');
    const { code, stdout } = await running.exited;
    expect(code).to.equal(130);
    const blocks = stdout.split(/\n\n(?=mode)/);
    expect(blocks).to.have.length(2);
    for (const block of blocks) expect(block).to.match(/^mode [\s\S]*\nnext [^\n]*\n*$/);
  });

  it('is one document a line with --json, and does not judge', async () => {
    const cli = await givenHome();
    const running = cli.start(['status', '--watch', '--json']);
    await running.until(({ stdout }) => stdout.includes('\n'));
    await captured(cli, envelopes(1, 'more'));
    await running.until(({ stdout }) => stdout.split('\n').length === 3);
    running.kill('SIGTERM');
    const { code, stdout } = await running.exited;
    expect(code).to.equal(143);
    const counts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StatusDocument)
      .map(({ event_journal: journal }) => 'error' in journal || journal.retained_event_count);
    expect(counts).to.deep.equal([5, 6]);
    expect((await cli.run(['status', '--watch', '--check'])).code).to.equal(64);
  });
});

describe('whoever looks for long', () => {
  it('never keeps the log of the journal from being cut', async () => {
    const cli = await givenHome();
    const watching = [cli.start(['status', '--watch']), cli.start(['events', '--follow'])];
    await Promise.all(watching.map((one) => one.until(({ stdout }) => stdout.length > 0)));
    const db = new Database(join(stateOf(cli.home), 'journal.db'));
    for (const prefix of ['a', 'b', 'c']) {
      await captured(cli, envelopes(50, prefix));
      await watching[1]?.until(({ stdout }) => stdout.includes(`${prefix}-0050`));
      // A look of the other may go on at this very moment: what is asked is that it ends.
      await eventually(() => {
        const [{ busy, log }] = db.pragma('wal_checkpoint(TRUNCATE)') as [Checkpoint];
        return busy === 0 && log === 0;
      });
    }
    db.close();
    for (const one of watching) one.kill('SIGINT');
    for (const one of watching) expect((await one.exited).code).to.equal(130);
  });
});

interface Checkpoint {
  readonly busy: number;
  readonly log: number;
}

/** Tries again after a moment, until the test runs out of time. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(20);
}

describe('redrain top in a pipe', () => {
  it('is one snapshot: what status says of every target', async () => {
    const cli = await givenHome();
    sendTo(cli, 'stub:b');
    await cli.run(['now', '--limit', '2']);
    const text = (await cli.run(['top'])).stdout;
    expect(text).to.match(/5 events kept .*· 2 targets · 0 workers/);
    expect(text).to.match(/\n\S+ +has everything +5 +0 +0 +0\n/);
    expect(text).to.match(/\n\S+ +waits +2 +3 +0 +0\n/);
    expect(text).to.match(/\nnext +`redrain now` sends 3 events\n$/);
    const { targets } = (await cli.run(['top', '--json'])).json<TopReport>();
    expect(targets.map(({ delivered, waiting }) => [delivered, waiting])).to.deep.equal([
      [5, 0],
      [2, 3],
    ]);
  });
});

describe('a live view on a terminal', () => {
  before(function () {
    if (!HAS_TERMINALS) {
      process.stderr.write(
        '\nSKIPPED: live views on a terminal: util-linux has no `script` here\n',
      );
      this.skip();
    }
  });

  it('shows changes of other processes, fits the screen, and leaves the terminal as it was', async () => {
    for (const [words, keys] of [
      [['status', '--watch'], 'q quits'],
      [['top'], 'space pauses · q quits'],
    ] as const) {
      const cli = await givenHome();
      const running = startOnTerminal(cli, words);
      const shows = (text: RegExp) => () => text.test(lastScreen(running.stdout).join('\n'));
      await running.until(shows(new RegExp(`${keys}$`)));
      await captured(cli, envelopes(3, 'more'));
      await running.until(shows(/(events kept +8 |8 events kept)[\s\S]*quits$/));
      const screen = lastScreen(running.stdout);
      expect(screen).to.have.length(24);
      for (const line of screen) expect(widthOf(line), line).to.be.at.most(80);
      running.child.stdin?.write('q');
      const { code, stdout } = await running.exited;
      expect(code, words.join(' ')).to.equal(0);
      expect(stdout.split(ENTERED)).to.have.length(2);
      expect(stdout.slice(stdout.lastIndexOf(CURSOR))).to.equal(`${CURSOR}${LEFT}`);
    }
  });

  it('ends with 130 on Ctrl-C and with the code of a signal, the terminal restored', async () => {
    const cli = await givenHome();
    const typed = startOnTerminal(cli, ['top']);
    await typed.until(({ stdout }) => stdout.includes('quits'));
    typed.child.stdin?.write('\u0003');
    const ended = await typed.exited;
    expect(ended.code).to.equal(130);
    expect(ended.stdout).to.match(/\[\?25h.\[\?1049l$/);
  });

  it('follows the size of the terminal, scrolls what does not fit, and pauses', async () => {
    const cli = await givenHome();
    cli.configure(
      Array.from(
        { length: 20 },
        (_, i) => `[sync.targets.target-${String(i).padStart(2, '0')}]\nurl = "stub:t${i}"\n`,
      ).join(''),
    );
    await cli.run(['now', '--all']);
    const running = startOnTerminal(cli, ['top'], { columns: 60, rows: 16 });
    const shown = () => lastScreen(running.stdout).join('\n');
    await running.until(() => /scroll, 0 lines above/.test(shown()));
    expect(lastScreen(running.stdout)).to.have.length(16);
    for (const line of lastScreen(running.stdout)) expect(widthOf(line), line).to.be.at.most(60);
    running.child.stdin?.write('\u001b[B\u001b[B');
    await running.until(() => /scroll, 2 lines above/.test(shown()));
    running.child.stdin?.write(' ');
    await running.until(() => /paused/.test(shown()));
    running.child.stdin?.write('q');
    expect((await running.exited).code).to.equal(0);
    expect(plain(running.stdout)).to.include('TARGET');
  });
});
