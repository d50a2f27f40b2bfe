import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { captured, envelopes } from '../processes/given-events.js';
import { type Cli, startReceiver } from '../support/cli.js';
import { eventServer, verdicts } from '../support/event-server.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { external, logged, startWorker } from './worker-process.js';

const table = (name: string, url: string, more = ''): string =>
  `[redrain.targets.${name}]\nurl = "${url}"\n${more}`;

/** A worker beside the test, asked to end with it. */
async function working(cli: Cli, ...args: string[]) {
  const worker = startWorker(cli, 'dispatch', [...NO_SWEEP, ...args]);
  closeAfterTest(async () => {
    worker.kill('SIGTERM');
    await worker.exited;
  });
  await logged(worker, 'ready');
  return worker;
}

/** What arrives at all is found by the watch: by the next sweep these tests have long failed. */
const NO_SWEEP = ['--sweep-interval', '24h'];

const one = (id: string): string => JSON.stringify({ event_id: id, event_type: 'T' });

describe('a dispatch worker that has nothing to do', () => {
  it('delivers soon what another process captures, again and again', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    await external(cli, receiver.url);
    const worker = await working(cli);
    for (let n = 0; n < 6; n += 1) {
      await captured(cli, [one(`e${n}`)]);
      await worker.until(() => receiver.sink.stats().unique === n + 1, 'the event');
      // At other moments of the beat, and while a drain is just ending.
      await new Promise((resolve) => setTimeout(resolve, n * 130));
    }
  });

  it('serves every target with --all-targets, those added later included, and none holds up another', async () => {
    const cli = new WarmCli();
    const [a, b] = [await startReceiver(), await startReceiver()];
    const bad = table('bad', 'http://127.0.0.1:9/', 'rate = "fast"\n');
    const declared = table('a', a.url) + table('dead', 'http://127.0.0.1:9/dead') + bad;
    cli.configure(declared);
    await captured(cli, envelopes(5));
    const worker = await working(cli, '--all-targets');
    await worker.until(() => a.sink.stats().unique === 5, 'all at a');
    expect(worker.stdout).to.match(/redrain\.targets\.bad\.rate must be/);
    writeFileSync(join(cli.home, 'config.toml'), declared + table('b', b.url));
    await worker.until(() => b.sink.stats().unique === 5, 'all at b');
    await captured(cli, [one('new')]);
    await worker.until(() => a.sink.stats().unique === 6 && b.sink.stats().unique === 6, 'new');
  });

  it('asks again about what was pending or failed, when it is due', async () => {
    const cli = new WarmCli();
    const server = await eventServer();
    const asked = new Map<string, number>();
    const first = { e1: { status: 'pending' }, e2: { status: 'rejected', error: 'not yet' } };
    server.answer = (ids) =>
      verdicts(ids, (id) => {
        asked.set(id, (asked.get(id) ?? 0) + 1);
        const earlier = first[id as keyof typeof first];
        return asked.get(id) === 1 && earlier !== undefined ? earlier : 'success';
      });
    await external(cli, server.url);
    const worker = await working(cli);
    await captured(cli, [one('e1'), one('e2')]);
    await worker.until(() => asked.get('e1') === 2 && asked.get('e2') === 2, 'both again');
  });

  it('delivers soon what another command asks for again, again and again', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    await external(cli, receiver.url);
    await captured(cli, [one('e1')]);
    const worker = await working(cli);
    await worker.until(() => receiver.sink.stats().events === 1, 'the event');
    for (let times = 2; times <= 4; times += 1) {
      expect((await cli.run(['replay', '--type', 'T'])).code).to.equal(0);
      await worker.until(() => receiver.sink.stats().events === times, `it for the ${times}. time`);
    }
  });

  it('delivers soon what failed for good, once another command tries it again', async () => {
    const cli = new WarmCli();
    const server = await eventServer();
    server.answer = (ids) =>
      verdicts(ids, () =>
        server.posts.length > 1
          ? 'success'
          : { status: 'rejected', error_category: 'project_refused', error: 'not here' },
      );
    await external(cli, server.url);
    await captured(cli, [one('e1')]);
    const worker = await working(cli);
    await worker.until(() => server.posts.length === 1, 'the refusal');
    const retried = async (): Promise<boolean> =>
      / 1 event/.test((await cli.run(['retry', 'e1'])).stdout);
    // The answer is on its way into the ledger.
    while (!(await retried()));
    await worker.until(() => server.posts.length === 2, 'the event again');
  });

  it('delivers soon what the target gets by other settings', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    cli.configure(table('a', receiver.url, 'types = ["Other"]\n'));
    await captured(cli, [one('e1')]);
    const worker = await working(cli, '--target', 'a');
    expect((await cli.run(['targets', 'set', 'a', 'types=T'])).code).to.equal(0);
    await worker.until(() => receiver.sink.stats().unique === 1, 'the event');
  });

  it('takes targets by name', async () => {
    const cli = new WarmCli();
    const [a, b] = [await startReceiver(), await startReceiver()];
    cli.configure(table('a', a.url) + table('b', b.url));
    const worker = await working(cli, '--target', 'b');
    await captured(cli, envelopes(5));
    await worker.until(() => b.sink.stats().unique === 5, 'all at b');
    expect(a.sink.stats().unique).to.equal(0);
  });

  it('adds no drain again and again for a target that nothing can be sent to', async () => {
    const cli = new WarmCli();
    cli.configure(table('a', 'http://127.0.0.1:9/', 'auth_env = "NOT_SET"\n'));
    await captured(cli, envelopes(2));
    const worker = await working(cli, '--target', 'a');
    await captured(cli, [one('x')]);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const drains = worker.stdout.split('\n').filter((line) => line.includes('"msg":"drained"'));
    expect(drains.length, worker.stdout).to.be.within(1, 3);
  });
});
