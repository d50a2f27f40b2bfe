import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type CliResult, MAIN, RunningCli } from '../support/cli.js';
import { stateOf, temporaryHome } from '../support/temporary-home.js';

/** No entry in /etc/passwd has it. */
const UNKNOWN_USER = 54_321;
const GROUP = 54_322;

interface Run {
  readonly stdin?: string;
  readonly gid?: number;
}

/** Runs a program as a user that the system does not know, with an empty environment. */
function asUnknownUser(args: readonly string[], { stdin = '', gid }: Run = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: '/',
    env: {},
    uid: UNKNOWN_USER,
    gid: gid ?? UNKNOWN_USER,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  return new RunningCli(child).exited;
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root can be others';
  const { status } = spawnSync(process.execPath, ['-e', `require('fs').accessSync('${MAIN}')`], {
    uid: UNKNOWN_USER,
    gid: UNKNOWN_USER,
  });
  return status === 0 ? undefined : 'other users cannot read this checkout';
}

describe('a user that the system does not know', () => {
  before(function () {
    const why = whyNot();
    if (why === undefined) return;
    process.stderr.write(`\nSKIPPED: redrain as another user: ${why}\n`);
    this.skip();
  });

  it('is told to name a home, by command and worker', async () => {
    for (const run of [
      await asUnknownUser(['status']),
      await asUnknownUser(['worker', 'capture', '--once']),
    ]) {
      expect(run.code, run.stdout + run.stderr).to.equal(64);
      expect(run.stdout + run.stderr).to.contain('--home');
    }
  });

  it('captures, sends and works in a volume that belongs to root and to a group', async () => {
    const home = join(temporaryHome(), 'volume');
    mkdirSync(home);
    chownSync(home, 0, GROUP);
    chmodSync(home, 0o2775);
    chmodSync(join(home, '..'), 0o755);
    const at = ['--home', home];
    const run = async (args: readonly string[], more: Run = {}): Promise<CliResult> =>
      asUnknownUser([...args, ...at], { gid: GROUP, ...more });
    const stdin = '{"event_id":"e1","event_type":"T"}\n';
    for (const step of [
      await run(['capture'], { stdin }),
      await run(['enqueue', 'capture', '-'], { stdin: stdin.replace('e1', 'e2') }),
      await run(['worker', 'capture', '--once']),
      await run(['mode', 'EXTERNAL_RECEIVER', '--endpoint', 'stub:']),
      await run(['now']),
    ])
      expect(step.code, step.stdout + step.stderr).to.equal(0);
    const doctor = await run(['doctor', '--json']);
    const { checks } = doctor.json<{ checks: { check: string; status: string }[] }>();
    expect(checks.filter(({ status }) => status === 'problem')).to.deep.equal([]);
    const state = stateOf(home);
    for (const name of readdirSync(state))
      expect(statSync(join(state, name)).mode & 0o077, name).to.equal(0);
  });
});
