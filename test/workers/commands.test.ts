import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { envelopes } from '../processes/given-events.js';
import { type Cli } from '../support/cli.js';
import { temporaryHome } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { startWorker } from './worker-process.js';

interface Listed {
  readonly queues: { queue: string; waiting: number; failed: number; paused: boolean }[];
  readonly jobs: { id: string; queue: string; state: string; returnvalue: unknown }[];
}

const given = (): { cli: Cli; run: Cli['run'] } => {
  const cli = new WarmCli();
  return { cli, run: (args, options) => cli.run([...args, '--json'], options) };
};

describe('redrain enqueue, jobs and schedule', () => {
  it('change nothing by looking', async () => {
    const { cli, run } = given();
    expect((await run(['jobs'])).json()).to.deep.equal({ queues: [], jobs: [] });
    expect((await run(['schedule', 'list'])).json()).to.deep.equal({ schedules: [] });
    expect((await run(['jobs', 'show', '1'])).code).to.equal(64);
    expect(existsSync(cli.home)).to.equal(false);
  });

  it('have their workers also as programs of their own', () => {
    const env = { ...given().cli.env };
    for (const name of ['capture', 'dispatch', 'migrate', 'gc']) {
      const file = fileURLToPath(new URL(`../../workers/${name}.js`, import.meta.url));
      const args = [file, '--once', '--home', temporaryHome()];
      const run = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
      expect(run.status, run.stderr).to.equal(0);
      expect(run.stdout).to.contain(`"worker":"${name}"`).and.contain('"msg":"stopped"');
    }
  });

  it('add jobs of every kind, which workers run', async () => {
    const { cli, run } = given();
    const file = cli.file('events.jsonl', envelopes(3));
    const stdin = `${envelopes(2, 'in').join('\n')}\n`;
    for (const [args, options] of [
      [['capture', file]],
      [['capture', '-'], { stdin }],
      [['dispatch']],
      [['migrate', '--dry-run']],
      [['gc', '--keep-days', '7']],
      [['archive', '--yes']],
    ] as const)
      expect((await run(['enqueue', ...args], options)).code).to.equal(0);
    // Nothing may be sent from here: the drain says so, as `redrain now` would.
    for (const [name, code] of [
      ['capture', 0],
      ['dispatch', 6],
      ['migrate', 0],
      ['gc', 0],
    ] as const)
      expect((await startWorker(cli, name, ['--once']).exited).code, name).to.equal(code);
    const { jobs } = (await run(['jobs', 'list'])).json<Listed>();
    expect(jobs).to.have.length(6);
    expect(jobs.filter(({ state }) => state !== 'completed')).to.deep.equal([]);
    const captured = jobs.filter(({ queue }) => queue === 'capture');
    expect(
      captured.map((job) => (job.returnvalue as { captured: number }).captured),
    ).to.have.members([3, 2]);
  });

  it('show, retry, remove, pause and resume', async () => {
    const { cli, run } = given();
    await run(['enqueue', 'gc', '--job-id', 'mine', '--attempts', '1']);
    await run(['enqueue', 'gc', '--job-id', 'mine']);
    await run(['jobs', 'pause', 'gc']);
    await startWorker(cli, 'gc', ['--once']).exited;
    const paused = (await run(['jobs'])).json<Listed>();
    expect(paused.queues[0]).to.include({ queue: 'gc', waiting: 1, paused: true });
    await run(['jobs', 'resume', 'gc']);
    await startWorker(cli, 'gc', ['--once']).exited;
    expect((await run(['jobs', 'retry', 'mine'])).code).to.equal(0);
    const [shown] = (await run(['jobs', 'show', 'mine'])).json<Listed>().jobs;
    expect(shown).to.include({ state: 'waiting' });
    expect((await run(['jobs', 'remove', 'mine'])).code).to.equal(0);
    expect((await run(['jobs', 'remove', 'mine'])).code).to.equal(64);
  });

  it('set, list and remove schedules; nothing deletes by default', async () => {
    const { run } = given();
    interface Schedules {
      readonly schedules: { id: string; template: { name: string; data: unknown } }[];
    }
    expect((await run(['schedule', 'defaults'])).code).to.equal(0);
    const add = ['schedule', 'add', 'gc', '--id', 'mine', '--cron'];
    expect((await run([...add, '0 3 * * *', '--tz', 'Europe/Berlin', '--yes'])).code).to.equal(0);
    for (const wrong of [
      [...add, '0 3 * *'],
      ['schedule', 'add', 'capture', '--id', 'x', '--every', '1m'],
      ['schedule', 'add', 'gc', '--id', 'x'],
      ['schedule', 'remove', 'unknown'],
    ])
      expect((await run(wrong)).code, wrong.join(' ')).to.equal(64);
    const { schedules } = (await run(['schedule'])).json<Schedules>();
    const data = Object.fromEntries(schedules.map(({ id, template }) => [id, template.data]));
    expect(data).to.deep.equal({
      archive: { yes: false },
      'dispatch-sweep': {},
      gc: { yes: false },
      mine: { yes: true },
    });
    expect((await run(['schedule', 'remove', 'mine', 'gc'])).code).to.equal(0);
    expect((await run(['schedule'])).json<Schedules>().schedules).to.have.length(2);
  });
});
