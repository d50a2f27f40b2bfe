import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { TokenFile } from '../../src/edges/token-file.js';
import { newToken, withToken } from '../../src/edges/tokens.js';
import { documentedCommands } from '../documents/command-tree.js';
import { givenLiveHome } from '../documents/live-home.js';
import { Reader } from '../documents/reader.js';
import { contentsOf, givenEdge, givenHub } from '../hub/given-hub.js';
import { selfSigned } from '../receivers/self-signed.js';
import { RunningCli } from '../support/cli.js';
import { codeBlocks, documentText } from '../support/markdown.js';
import { temporaryHome } from '../support/temporary-home.js';
import { readWorkerOptions } from '../workers/read-worker-options.js';
import { logged } from '../workers/worker-process.js';

const UNITS = 'packaging/systemd';
const HUB = 'redrain-receive.service';
const text = (file: string): string => readFileSync(join('packaging', file), 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>;
};

/** The commands of a crontab; also those that are there to be chosen. */
const cronCommands = (): string[] =>
  [...text('crontab').matchAll(/^#?(?:[\d*/,-]+ +){5}(.*)$/gm)].map(([, command]) => command ?? '');

const unitOf = (name: string): string =>
  /\.\w+$/.test(name) ? name : `${name.replace(/@\w+$/, '@')}.service`;

/** A port of which nobody makes use; 443 needs rights. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    probe.unref().end();
  });

/** Whether this program is on this machine: where it is not, one loud line says so. */
function isThere(program: string, version = '--version'): boolean {
  const found = spawnSync(program, [version]).error === undefined;
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
    const worker = commands.find((command) => command.includes('%i')) ?? '';
    const passes = commands.filter((command) => !command.includes('$REDRAIN_OPTIONS'));
    expect(commands).to.have.length(4);
    expect(passes).to.have.length(2);
    for (const pass of passes) expect((await reader.types(pass)).code, pass).to.equal(0);
    const running = reader.starts(`REDRAIN_OPTIONS=; exec ${worker.replace('%i', 'dispatch')}`);
    await logged(running, 'ready');
    running.kill('SIGTERM');
    expect((await running.exited).code).to.equal(0);
  });

  it('starts a hub that takes events, with the options that it has and a port that is free', async () => {
    const unit = text(`systemd/${HUB}`);
    const options = /^Environment=REDRAIN_OPTIONS="(.*)"$/m.exec(unit)?.[1] ?? '';
    expect(options).to.match(/--port \d+ --metrics-port \d+$/);
    const command = commands.find((one) => one.startsWith('redrain receive')) ?? '';
    const reader = await givenLiveHome();
    const free = options.replaceAll(/\d+/g, '0');
    const hub = reader.starts(`REDRAIN_OPTIONS='${free}'; exec ${command}`);
    const { url } = await logged(hub, 'ready');
    const headers = { 'content-type': 'application/json' };
    const body = '[{"event_id":"taken","event_type":"T"}]';
    expect((await fetch(String(url), { method: 'POST', headers, body })).status).to.equal(200);
    hub.kill('SIGTERM');
    expect((await hub.exited).code).to.equal(0);
  });

  it('waits longer for a hub than the hub waits for its requests', () => {
    const { help = '' } = documentedCommands().find(({ words }) => words[0] === 'receive') ?? {};
    const grace = /--grace [\s\S]*?\(default:\s+(\d+)\)/.exec(help)?.[1];
    const seconds = /^TimeoutStopSec=(\d+)$/m.exec(text(`systemd/${HUB}`))?.[1];
    const stop = /--stop-timeout (\d+)/.exec(documentText('docs/hub.md'))?.[1];
    for (const each of [seconds, stop])
      expect(Number(each) * 1000).to.be.greaterThan(Number(grace));
  });

  it('has every unit that the documents enable', () => {
    const enabled = ['docs/operations.md', 'docs/hub.md'].map(
      (path) => /systemctl enable --now (.*)/.exec(documentText(path))?.[1] ?? '',
    );
    const names = enabled.flatMap((text) => text.split(' ').map(unitOf));
    expect(names.length).to.be.greaterThan(4);
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

describe('the proxy of docs/hub.md', () => {
  it('lets an edge drain into a hub over TLS, with its token', async function () {
    if (!isThere('nginx', '-v')) this.skip();
    const place = temporaryHome();
    const { key, cert } = selfSigned();
    for (const [file, pem] of [
      ['key.pem', key],
      ['cert.pem', cert],
    ] as const)
      writeFileSync(join(place, file), pem);
    const tokens = new TokenFile(join(place, 'edge-tokens'));
    const { token, entry } = newToken('laptop', null);
    tokens.write(withToken('', entry));
    const hub = await givenHub({ senders: { tokens } });
    const port = await freePort();
    const [server = ''] = codeBlocks(documentText('docs/hub.md'), 'nginx');
    const here = server
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replace('127.0.0.1:8080', `127.0.0.1:${hub.port}`)
      .replaceAll(/\/\S+\/(fullchain|privkey)\.pem/g, (_, name) =>
        join(place, name === 'privkey' ? 'key.pem' : 'cert.pem'),
      );
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const conf = `daemon off; master_process off; pid ${place}/pid; error_log stderr; events {}
      http { access_log off; ${temporary.map((name) => `${name}_temp_path ${place}/${name};`).join(' ')} ${here} }`;
    writeFileSync(join(place, 'nginx.conf'), conf);
    const nginx = new RunningCli(spawn('nginx', ['-p', place, '-c', 'nginx.conf']));
    const caFile = join(place, 'cert.pem');
    const edge = await givenEdge({ url: `https://127.0.0.1:${port}/` }, { token, caFile });
    const large = { event_id: 'large', event_type: 'T', text: 'x'.repeat(1_000_000) };
    await edge.captureMany([large, { event_id: 'small', event_type: 'T' }]);
    // nginx does not say when it listens.
    while (nginx.child.exitCode === null && !(await isOpen(port)));
    const report = await edge.drain();
    expect(report, nginx.stderr + String(report.message)).to.include({ delivered: 2 });
    expect(contentsOf(hub.app.paths.home)).to.deep.equal(contentsOf(edge.home));
    nginx.kill('SIGTERM');
    expect((await nginx.exited).code).to.equal(0);
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

it('every file that a document has somebody copy is there', () => {
  const documents = ['docs/operations.md', 'docs/hub.md'].map(documentText).join('\n');
  const named = documents.match(/\bpackaging\/[\w./@-]+\w/g) ?? [];
  expect(named.length).to.be.greaterThan(6);
  expect(named.filter((path) => !existsSync(path))).to.deep.equal([]);
});
