import { type StdioOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { exportMatching } from '../../src/app/events.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { heldReceiver } from '../processes/held-receiver.js';
import { deliveriesAt, idsWith, payloadDigests } from '../processes/journal-rows.js';
import { Cli, inPairs, MAIN, RunningCli, startReceiver } from '../support/cli.js';
import { connectionOf } from '../support/core.js';
import { stalledPipe } from '../support/stalled-pipe.js';
import { closeAfterTest } from '../support/temporary-home.js';

/** Runs `redrain …` with standard streams of the test's own. */
function startOn(cli: Cli, args: readonly string[], stdio: StdioOptions, stdin = ''): RunningCli {
  const words = [MAIN, ...args, '--home', cli.home];
  const child = spawn(process.execPath, words, { cwd: cli.cwd, env: cli.env, stdio });
  child.stdin?.on('error', () => undefined).end(stdin);
  return new RunningCli(child);
}

function fullDevice(): number {
  const fd = openSync('/dev/full', 'w');
  closeAfterTest(() => closeSync(fd));
  return fd;
}

const LOST = 'error: stdout could not be written: the disk is full\n';

describe('a command whose output cannot be written', () => {
  it('does its work, ends with the code of it, and says one line', async () => {
    const cli = new Cli();
    await captured(cli, envelopes(2));
    const full = fullDevice();
    const given: readonly (readonly [args: string[], stdin: string, code: number])[] = [
      [['capture'], envelopes(1, 'new').join('\n'), 0],
      [['capture'], 'not json', 3],
      [['inspect', 'nobody', '--json'], '', 64],
      [['status'], '', 0],
      [['--version'], '', 0],
      [['now', '--help'], '', 0],
    ];
    const runs = await inPairs(
      given,
      ([args, stdin]) => startOn(cli, args, ['pipe', full, 'pipe'], stdin).exited,
    );
    for (const [i, [args, , code]] of given.entries()) {
      expect(runs[i]?.code, args.join(' ')).to.equal(code);
      expect(runs[i]?.stderr.endsWith(LOST), `${args}: ${runs[i]?.stderr}`).to.equal(true);
    }
    expect([...payloadDigests(cli.home).keys()]).to.include('new-0001');
  });

  it('says nothing where stderr cannot be written either', async () => {
    const cli = new Cli();
    const full = fullDevice();
    const stdin = envelopes(1).join('\n');
    expect((await startOn(cli, ['capture'], ['pipe', full, full], stdin).exited).code).to.equal(0);
    expect(payloadDigests(cli.home).size).to.equal(1);
    expect((await startOn(cli, ['frobnicate'], ['pipe', full, full]).exited).code).to.equal(64);
  });

  it('has failed when the output was all there was to do', async () => {
    const cli = new Cli();
    await captured(cli, envelopes(2));
    const run = await startOn(cli, ['events', '--export'], ['pipe', fullDevice(), 'pipe']).exited;
    expect(run).to.include({ code: 1, stderr: LOST });
  });
});

describe('a command whose reader is gone', () => {
  it('does its work and says nothing', async () => {
    const cli = new Cli();
    const receiver = await startReceiver();
    sendTo(cli, receiver.url);
    const { fd, closeReader } = stalledPipe();
    closeReader();
    const stdin = envelopes(3).join('\n');
    for (const args of [['capture'], ['now', '--json'], ['status', '--json']])
      expect(await startOn(cli, args, ['pipe', fd, 'pipe'], stdin).exited).to.include({
        code: 0,
        stderr: '',
      });
    expect(receiver.sink.stats().unique).to.equal(3);
  });

  it('ends an export silently, and reads no more of the journal', async () => {
    const cli = new Cli();
    await captured(cli, envelopes(3_000));
    const running = startOn(cli, ['events', '--export'], ['ignore', 'pipe', 'pipe']);
    await running.until(({ stdout }) => stdout.includes('\n'));
    running.child.stdout?.destroy();
    expect(await running.exited).to.include({ code: 0, stderr: '' });

    const app = new App({ home: cli.home, env: {} });
    let taken = 0;
    await exportMatching(app, {}, async () => {
      taken += 1;
      return taken < 3;
    });
    expect(taken).to.equal(3);
  });
});

describe('a command whose reader stalls', () => {
  it('holds no lock meanwhile, and its reader gets everything later', async () => {
    const cli = new Cli();
    const receiver = await startReceiver({ misbehave: { rejectTypes: ['WPStatusChanged'] } });
    sendTo(cli, receiver.url);
    await captured(cli, envelopes(30));
    const [out, err] = [stalledPipe(), stalledPipe()];
    const running = startOn(cli, ['now', '--json'], ['ignore', out.fd, err.fd]);
    await drainIsFree(cli, 30);
    const report = await content(out.read, (text) => text.endsWith('}\n'));
    expect(JSON.parse(report)).to.include({ rejected: 30 });
    expect(await content(err.read, (text) => text.includes('… and 29 more events'))).to.include(
      'rejected',
    );
    expect((await running.exited).code).to.equal(7);
  });

  it('ends when it is told to, in the middle of the work and after it', async () => {
    const cli = new Cli();
    const receiver = await heldReceiver(1);
    sendTo(cli, receiver.url, { maxEvents: 5 });
    await captured(cli, envelopes(20));
    const stdio = ['ignore', stalledPipe().fd, 'pipe'] as const;
    const running = startOn(cli, ['now'], [...stdio]);
    await receiver.arrived(1);
    running.kill('SIGINT');
    await running.until(({ stderr }) => stderr.includes('stopping'));
    receiver.release();
    expect((await running.exited).code).to.equal(130);
    expect(idsWith(deliveriesAt(cli.home, receiver.url), 'success')).to.have.length(5);

    const next = startOn(cli, ['now'], [...stdio]);
    await drainIsFree(cli, 20);
    next.kill('SIGTERM');
    const { code, signal } = await next.exited;
    expect(signal ?? code).to.be.oneOf(['SIGTERM', 143]);
  });
});

/** Waits until so many events have a row at a target and the lock of its drain is free. */
async function drainIsFree(cli: Cli, events: number): Promise<void> {
  const app = new App({ home: cli.home, env: {} });
  closeAfterTest(() => app.close());
  const signal = new AbortController().signal;
  const options = { ignoreBackoff: false, waitForLock: true, limit: 0, signal };
  for (;;) {
    const db = connectionOf(await app.stores());
    const { n } = db.statement('SELECT count(*) AS n FROM delivery').get() as { n: number };
    if (n >= events) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await app.drain(options);
}

/** Reads the pipe until its text is complete. */
async function content(read: () => string, isWhole: (text: string) => boolean): Promise<string> {
  let text = '';
  while (!isWhole(text)) {
    text += read();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return text;
}
