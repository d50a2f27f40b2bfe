import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { Cli, RunningCli } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { logged } from './worker-process.js';

/** The scripts of this package, in a directory where npm finds nothing else. */
function givenPackage(cli: Cli): { readonly scripts: Record<string, string>; readonly at: string } {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>;
  };
  const at = join(cli.root, 'package');
  mkdirSync(at);
  symlinkSync(resolve('lib'), join(at, 'lib'));
  writeFileSync(join(at, 'package.json'), JSON.stringify({ scripts }));
  return { scripts, at };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('npm run worker:…', () => {
  it('is one process tree: SIGTERM to npm ends the worker in order', async () => {
    const cli = new Cli();
    const { at } = givenPackage(cli);
    const args = ['run', '--silent', 'worker:gc', '--', '--home', cli.home];
    const npm = new RunningCli(spawn('npm', args, { cwd: at, env: cli.env }));
    const { pid } = await logged(npm, 'ready');
    closeAfterTest(() => isAlive(pid as number) && process.kill(pid as number, 'SIGKILL'));
    npm.kill('SIGTERM');
    await once(npm.child, 'exit');
    expect(isAlive(pid as number), 'a worker without npm').to.equal(false);
    await npm.exited;
    expect(npm.stdout).to.include('"msg":"stopped"');
  });

  it('leaves no shell between npm and any worker', () => {
    const { scripts } = givenPackage(new Cli());
    const workers = Object.entries(scripts).filter(([name]) => name.startsWith('worker:'));
    expect(workers.map(([name]) => name.slice('worker:'.length))).to.have.members([
      'capture',
      'dispatch',
      'gc',
      'migrate',
    ]);
    for (const [name, script] of workers)
      expect(script, name).to.match(/^exec node lib\/cli\.cjs worker \w+$/);
  });
});
