import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { givenLiveHome } from '../documents/live-home.js';
import { Reader } from '../documents/reader.js';
import { documentText } from '../support/markdown.js';
import { temporaryHome } from '../support/temporary-home.js';
import { readWorkerOptions } from '../workers/read-worker-options.js';
import { logged } from '../workers/worker-process.js';

const UNITS = 'packaging/systemd';
const text = (file: string): string => readFileSync(join('packaging', file), 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
};

/** The commands of a crontab; also those that are there to be chosen. */
const cronCommands = (): string[] =>
  [...text('crontab').matchAll(/^#?(?:[\d*/,-]+ +){5}(.*)$/gm)].map(([, command]) => command ?? '');

/** Whether this program is on this machine: where it is not, one loud line says so. */
function isThere(program: string): boolean {
  const found = spawnSync(program, ['--version']).error === undefined;
  if (!found) process.stderr.write(`\nSKIPPED: ${program} is not on this machine\n`);
  return found;
}

describe('packaging/crontab', () => {
  it('names the places that cron does not look at by itself', () => {
    expect(text('crontab')).to.match(/^PATH=\/usr\/local\/bin:/m);
    expect(text('crontab')).to.match(/^REDRAIN_HOME=/m);
  });

  it('has lines that do their work silently', async () => {
    const reader = await givenLiveHome();
    expect(cronCommands()).to.have.length(3);
    for (const command of cronCommands()) {
      const run = await reader.types(command);
      expect(run, command).to.include({ code: 0, stdout: '', stderr: '' });
    }
  });
});

describe('packaging/systemd', () => {
  const units = readdirSync(UNITS);
  const commands = units.flatMap((unit) =>
    [...text(`systemd/${unit}`).matchAll(/^ExecStart=\/usr\/local\/bin\/(redrain .*)$/gm)].map(
      ([, command]) => command ?? '',
    ),
  );

  it('starts what redrain has: workers until SIGTERM, and passes that end', async () => {
    const reader = await givenLiveHome();
    const [worker = '', ...passes] = [...commands].sort(
      (a, b) => Number(b.includes('%i')) - Number(a.includes('%i')),
    );
    expect(passes).to.have.length(2);
    for (const pass of passes) expect((await reader.types(pass)).code, pass).to.equal(0);
    const running = reader.starts(`REDRAIN_OPTIONS=; exec ${worker.replace('%i', 'dispatch')}`);
    await logged(running, 'ready');
    running.kill('SIGTERM');
    expect((await running.exited).code).to.equal(0);
  });

  it('has every unit that the document enables', () => {
    const enabled = /systemctl enable --now (.*)/.exec(documentText('docs/operations.md'))?.[1];
    const names = (enabled ?? '').split(' ').map((name) => name.replace(/@\w+$/, '@.service'));
    expect(names.length).to.be.greaterThan(3);
    expect(units).to.include.members(names);
  });

  it('waits longer for a worker than the worker waits for its work', () => {
    const { grace } = readWorkerOptions('dispatch', []);
    const seconds = /^TimeoutStopSec=(\d+)$/m.exec(text('systemd/redrain@.service'))?.[1];
    const stop = /--stop-timeout (\d+)/.exec(documentText('docs/operations.md'))?.[1];
    for (const each of [seconds, stop]) expect(Number(each) * 1000).to.be.greaterThan(grace);
  });

  it('holds what systemd itself asks of units', function () {
    if (!isThere('systemd-analyze')) this.skip();
    const place = temporaryHome();
    for (const unit of units) {
      const here = text(`systemd/${unit}`).replaceAll('/usr/local/bin/redrain', process.execPath);
      writeFileSync(join(place, unit.replace('@.', '@dispatch.')), here);
    }
    const files = readdirSync(place).map((unit) => join(place, unit));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], {
      encoding: 'utf8',
    });
    const ours = stderr.split('\n').filter((line) => line.includes('redrain'));
    expect({ status, ours }).to.deep.equal({ status: 0, ours: [] });
  });
});

describe('packaging/prometheus', () => {
  it('has rules whose tests pass', function () {
    if (!isThere('promtool')) this.skip();
    const { status, stdout, stderr } = spawnSync(
      'promtool',
      ['test', 'rules', 'packaging/prometheus/alerts.test.yml'],
      { encoding: 'utf8' },
    );
    expect(status, stdout + stderr).to.equal(0);
  });
});

describe('packaging/Dockerfile', () => {
  const dockerfile = text('Dockerfile').replaceAll('\\\n', ' ');
  const words = (instruction: string): string[] => {
    const line = new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(dockerfile)?.[1] ?? '[]';
    return JSON.parse(line) as string[];
  };

  it('runs as a user of its own, with a home that it may write', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).to.match(/^USER node$/m);
    expect(last).to.match(/install -d -m 0700 -o node -g node \/var\/lib\/redrain/);
    expect(last).to.match(/REDRAIN_HOME=\/var\/lib\/redrain/);
  });

  it('names scripts that there are, and leaves out what was compiled elsewhere', () => {
    const named = [...dockerfile.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? '');
    expect(named).to.have.length.greaterThan(0);
    expect(named.filter((name) => scripts[name] === undefined)).to.deep.equal([]);
    expect(text('Dockerfile.dockerignore')).to.include('node_modules\n');
  });

  it('starts a worker that its health check finds ready', async () => {
    const reader = new Reader();
    const [redrain = '', ...args] = words('CMD');
    expect(redrain).to.equal('redrain');
    const worker = reader.starts(`exec redrain ${args.join(' ').replace('9464', '0')}`);
    const { metrics_port: port } = await logged(worker, 'ready');
    const [node = '', flag = '', script = ''] = words('HEALTHCHECK CMD');
    expect([node, flag]).to.deep.equal(['node', '-e']);
    const check = (at: unknown) =>
      spawnSync(process.execPath, ['-e', script.replace('9464', String(at))]).status;
    // A home that sends nowhere yet: the worker cannot work, and says so.
    expect(check(port)).to.equal(1);
    worker.kill('SIGTERM');
    expect((await worker.exited).code).to.equal(0);
  });
});

it('every file that docs/operations.md has somebody copy is there', () => {
  const named = documentText('docs/operations.md').match(/\bpackaging\/[\w./@-]+\w/g) ?? [];
  expect(named.length).to.be.greaterThan(6);
  expect(named.filter((path) => !existsSync(path))).to.deep.equal([]);
});
