import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.js';
import { declareWorkerOptions } from '../../src/workers/worker-options.js';
import { envelopes } from '../processes/given-events.js';
import { WarmCli } from '../support/warm-cli.js';
import { logged } from '../workers/worker-process.js';

const NAMES = ['capture', 'dispatch', 'migrate', 'gc'];

describe('redrain worker NAME', () => {
  it('is one process, which does its work and ends in order at SIGTERM', async () => {
    const cli = new WarmCli();
    const worker = cli.start(['worker', 'capture', '--metrics-port', '0']);
    const { pid, worker: name, metrics_port: port } = await logged(worker, 'ready');
    expect({ pid, name }).to.deep.equal({ pid: worker.child.pid, name: 'capture' });
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).to.equal(200);
    const added = await cli.run(['enqueue', 'capture', cli.file('a.jsonl', envelopes(3))]);
    expect(added.code, added.stderr).to.equal(0);
    await logged(worker, 'captured');
    worker.kill('SIGTERM');
    const { code, stdout, stderr } = await worker.exited;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.include('"msg":"stopped"');
  });

  it('exits with --once as the command would: nothing could be sent', async () => {
    const cli = new WarmCli();
    expect((await cli.run(['capture', cli.file('a.jsonl', envelopes(1))])).code).to.equal(0);
    expect((await cli.run(['enqueue', 'dispatch'])).code).to.equal(0);
    expect((await cli.run(['worker', 'dispatch', '--once'])).code).to.equal(6);
  });

  it('is there for every worker of npm, with the same options', async () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const byNpm = Object.keys(scripts).flatMap((name) => /^worker:(\w+)$/.exec(name)?.[1] ?? []);
    expect(byNpm).to.have.members(NAMES);
    const program = await buildProgram(['worker'], () => undefined);
    const workers = program.commands.find((command) => command.name() === 'worker');
    const flags = (command: Command | undefined) => command?.options.map((option) => option.flags);
    for (const name of NAMES)
      expect(flags(workers?.commands.find((command) => command.name() === name))).to.deep.equal(
        flags(declareWorkerOptions(new Command(), name)),
      );
  });

  it('says less with --quiet', async () => {
    const cli = new WarmCli();
    const run = await cli.run(['worker', 'gc', '--once', '--quiet']);
    expect(run).to.include({ code: 0, stdout: '', stderr: '' });
  });

  it('refuses a worker or an option that there is not', async () => {
    const cli = new WarmCli();
    for (const args of [['worker', 'sweep'], ['worker'], ['worker', 'gc', '--target', 'a']])
      expect((await cli.run(args)).code, args.join(' ')).to.equal(64);
  });
});
