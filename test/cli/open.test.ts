import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { ask, visit } from '../observatory/given-observatory.js';
import { type Cli, MAIN, type RunningCli } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { treeHash } from './tree-hash.js';

/** Starts `redrain open` and waits for its link. */
async function opened(cli: Cli, args: readonly string[] = []) {
  const running = cli.start(['open', '--no-browser', ...args]);
  closeAfterTest(() => running.kill('SIGKILL'));
  await running.until(({ stdout }) => stdout.endsWith('\n'));
  return { running, link: running.stdout.trim() };
}

async function stopped(running: RunningCli, signal: NodeJS.Signals) {
  running.kill(signal);
  return running.exited;
}

describe('redrain open', () => {
  it('prints a link that opens the pages, on a port that is free, and ends when it is asked to', async () => {
    const cli = new WarmCli();
    await cli.run(['capture', cli.file('e.jsonl', [{ event_id: 'a', event_type: 'T' }])]);
    const { running, link } = await opened(cli);
    expect(link).to.match(/^http:\/\/127\.0\.0\.1:\d+\/open\?token=[\w-]{43}$/);
    const visitor = await visit(link);
    expect((await visitor.get('event?id=a')).status).to.equal(200);
    const { code } = await stopped(running, 'SIGINT');
    expect(code).to.equal(0);
  });

  it('ends at once although pages are kept up to date, and leaves the home as it was', async () => {
    const cli = new WarmCli();
    await cli.run(['capture', cli.file('e.jsonl', [{ event_id: 'a', event_type: 'T' }])]);
    const before = await treeHash(cli.home);
    const { running, link } = await opened(cli);
    const visitor = await visit(link);
    const pages = ['', 'tail', 'target?id=1', 'jobs', 'workers', 'events', 'conflicts', 'diff'];
    for (const page of pages) await visitor.get(page);
    const stream = visitor.get('live?page=').catch((error: Error) => error);
    await visitor.get('');
    const { code } = await stopped(running, 'SIGTERM');
    expect(code).to.equal(0);
    await stream;
    expect(await treeHash(cli.home)).to.equal(before);
  });

  it('makes nothing in a home that is not there, and says so on the page', async () => {
    const cli = new WarmCli();
    const before = await treeHash(cli.home);
    const { running, link } = await opened(cli);
    expect((await (await visit(link)).get('')).text).to.contain('No target yet');
    await stopped(running, 'SIGTERM');
    expect(await treeHash(cli.home)).to.equal(before);
  });

  it('has one document for programs', async () => {
    const cli = new WarmCli();
    const { running } = await opened(cli, ['--json', '--allow-writes']);
    const { url, pid, ...rest } = JSON.parse(running.stdout) as { url: string; pid: number };
    expect(rest).to.deep.equal({ port: Number(new URL(url).port), allow_writes: true });
    process.kill(pid, 0);
    await stopped(running, 'SIGTERM');
  });

  it('gives another link for each Enter at a terminal', async () => {
    const cli = new WarmCli();
    const command = `${process.execPath} ${MAIN} open --no-browser --home ${cli.home}`;
    const child = spawn('script', ['-qfec', command, '/dev/null'], { env: cli.env });
    closeAfterTest(() => child.kill('SIGKILL'));
    let said = '';
    const links = (): string[] => said.match(/http:\/\/\S+token=[\w-]+/g) ?? [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const until = async (count: number): Promise<void> => {
      while (links().length < count) await once(child.stdout, 'data');
    };
    await until(1);
    child.stdin.write('\n');
    await until(2);
    const [first = '', second = ''] = links();
    for (const link of [first, second]) {
      const { port, pathname, search } = new URL(link);
      expect((await ask(Number(port), `${pathname}${search}`)).status).to.equal(303);
    }
    child.stdin.write('\u0003');
    await once(child, 'exit');
  });

  it('explains a port that cannot be used', async () => {
    const cli = new WarmCli();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    closeAfterTest(() => taken.close());
    const { port } = taken.address() as { port: number };
    const inUse = await cli.run(['open', '--no-browser', '--port', String(port)]);
    expect(inUse.code).to.equal(1);
    expect(inUse.stderr).to.contain(`port ${port} on 127.0.0.1 cannot be used`);
    expect(inUse.stderr).to.contain('choose another --port');
    for (const wrong of ['70000', 'abc', '-1'])
      expect((await cli.run(['open', '--no-browser', '--port', wrong])).code).to.equal(64);
  });
});
