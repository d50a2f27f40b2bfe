import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { captured, envelopes } from '../processes/given-events.js';
import { Cli, type CliResult, RunningCli, startReceiver } from '../support/cli.js';
import { external } from '../workers/worker-process.js';
import { installed } from './start-example.js';

const CRONTAB = readFileSync('examples/cron-host/crontab', 'utf8');
const SCRIPT = '/opt/app/redrain-cron.sh';

/** The command of the line that ends so, with the paths of this test in place of the host's. */
function lineFor(job: string): string {
  const line = CRONTAB.split('\n').find((text) => text.endsWith(` ${job}`)) ?? '';
  const [, command = ''] = /^(?:[\d*/,-]+ +){5}(.*)$/.exec(line) ?? [];
  expect(command, `a line for ${job}`).to.equal(`${SCRIPT} ${job}`);
  return command.replace(SCRIPT, `sh '${resolve('examples/cron-host/redrain-cron.sh')}'`);
}

/** Runs one line as cron does: by `sh`, in an environment with next to nothing in it. */
function cron(cli: Cli, command: string): Promise<CliResult> {
  const child = spawn('sh', ['-c', command], {
    cwd: cli.userHome,
    env: {
      HOME: cli.userHome,
      PATH: '/usr/bin:/bin',
      REDRAIN_HOME: cli.home,
      REDRAIN: installed(cli),
    },
  });
  child.stdin.end();
  return new RunningCli(child).exited;
}

describe('the example of a host that works by the clock', () => {
  it('sends every minute, and is silent about it', async () => {
    const cli = new Cli();
    const receiver = await startReceiver();
    await captured(cli, envelopes(3));
    await external(cli, `${receiver.url}/events`);
    for (const pass of ['first', 'second']) {
      const run = await cron(cli, lineFor('send'));
      expect(run, pass).to.include({ code: 0, stdout: '', stderr: '' });
    }
    expect(receiver.sink.eventIds()).to.deep.equal(['e-0001', 'e-0002', 'e-0003']);
    expect(receiver.sink.stats().duplicates).to.equal(0);
  });

  it('is silent about a target that is down, until the check speaks up', async () => {
    const cli = new Cli();
    const receiver = await startReceiver();
    await captured(cli, envelopes(1));
    await external(cli, `${receiver.url}/events`);
    await receiver.close();
    expect(await cron(cli, lineFor('send'))).to.include({ code: 0, stdout: '', stderr: '' });
    const check = await cron(cli, lineFor('check'));
    expect(check.code, check.stderr).to.equal(2);
    expect(check.stdout).to.match(/PROBLEM reachability/);
  });

  it('names in its check what the target does not take', async () => {
    const cli = new Cli();
    const receiver = await startReceiver({ misbehave: { rejectTypes: ['WPStatusChanged'] } });
    await captured(cli, envelopes(1));
    await external(cli, `${receiver.url}/events`);
    await cron(cli, lineFor('send'));
    const check = await cron(cli, lineFor('check'));
    expect(check.stdout).to.include('e-0001');
  });

  it('only says which payloads cleaning would delete, unless it is told to', async () => {
    const cli = new Cli();
    await captured(cli, envelopes(2));
    const run = await cron(cli, lineFor('clean'));
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stdout).to.equal('Nothing to purge.\n');
    const isRehearsal = async (line: string) =>
      (await cron(cli, `${line} --json`)).json<{ dry_run: boolean }>().dry_run;
    expect(await isRehearsal(lineFor('clean'))).to.equal(true);
    expect(await isRehearsal(`${lineFor('clean')} --yes`)).to.equal(false);
  });

  it('says how it is used', async () => {
    const command = lineFor('send').replace(/send$/, 'frobnicate');
    expect(await cron(new Cli(), command)).to.include({ code: 64, stdout: '' });
  });
});
