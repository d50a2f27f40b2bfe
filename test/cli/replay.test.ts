import { expect } from 'chai';
import type { ReplayReport } from '../../src/app/replay.js';
import type { RetryReport } from '../../src/app/retry.js';
import type { DrainReport } from '../../src/index.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { scriptedServer } from '../receivers/scripted-server.js';
import { type Cli, startReceiver } from '../support/cli.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';
import { treeHash } from './tree-hash.js';

describe('redrain replay', () => {
  it('counts first, marks then, and the next drain sends exactly those', async () => {
    const cli = new WarmCli();
    const receiver = await startReceiver();
    await captured(cli, envelopes(5));
    sendTo(cli, receiver.url);
    expect((await cli.run(['now'])).code).to.equal(0);

    const before = await treeHash(cli.root);
    const dry = await cli.run(['replay', '--target', '1', '--dry-run', '--json']);
    expect(await treeHash(cli.root)).to.equal(before);
    const act = await cli.run(['replay', '--target', '1', '--json']);
    const report = act.json<ReplayReport>();
    expect({ ...report, dry_run: true }).to.deep.equal(dry.json<ReplayReport>());
    expect(report).to.deep.include({ selected: 5, by_status: { success: 5 }, not_live: {} });
    expect(receiver.sink.stats()).to.include({ posts: 1 });

    const text = (await cli.run(['status'])).stdout;
    expect(text).to.match(/to be replayed +5 of the delivered/);
    expect(text).to.match(/5 marked to be delivered again: `redrain now`/);
    const sent = (await cli.run(['now', '--json'])).json<DrainReport>();
    expect(sent).to.include({ selected: 5, duplicate: 5, posts: 1 });
    expect(receiver.sink.stats()).to.include({ posts: 2, unique: 5 });
  });
});

describe('redrain retry and replay of single events', () => {
  async function deliveredTo(...names: string[]): Promise<Cli> {
    const cli = new WarmCli();
    await captured(cli, envelopes(3));
    for (const name of names) await cli.run(['targets', 'add', name, `stub:${name}`]);
    expect((await cli.run(['now', '--all'])).code).to.equal(0);
    return cli;
  }

  it('takes their ids as arguments, each once, at the active target', async () => {
    const cli = await deliveredTo('a', 'b');
    const words = ['replay', 'e-0001', 'e-0002', '--event', 'e-0001'];
    const dry = (await cli.run([...words, '--dry-run', '--json'])).json<ReplayReport>();
    expect(dry).to.deep.include({ selected: 2, target_url: 'stub:a', dry_run: true });
    expect((await cli.run(words)).stdout).to.match(
      /a \(stub:a\): 2 events marked for another delivery/,
    );
    const sent = (await cli.run(['now', '--json'])).json<DrainReport>();
    expect(sent).to.include({ selected: 2 });
  });

  it('at several targets, named once or more', async () => {
    const cli = await deliveredTo('a', 'b', 'c');
    const words = ['replay', 'e-0001', '--to', 'c', '--to', 'b', '--to', '3', '--json'];
    const { targets } = (await cli.run(words)).json<{ targets: ReplayReport[] }>();
    expect(targets.map(({ target_url, selected }) => [target_url, selected])).to.deep.equal([
      ['stub:c', 1],
      ['stub:b', 1],
    ]);
    const retried = await cli.run(['retry', 'e-0001', '--to', 'b', '--to', 'c', '--json']);
    expect(retried.json<RetryReport>().targets).to.have.lengthOf(2);
    const none = await cli.run(['retry', 'e-0002']);
    expect(none.stdout).to.match(/None of these events failed or was rejected/);
  });

  it('names every id and target that is not known, and marks nothing', async () => {
    const cli = await deliveredTo('a');
    for (const [words, says] of [
      ['replay e-0001 nobody nowhere', /none of the events nobody and nowhere/],
      ['retry nobody', /no event nobody/],
      ['replay e-0001 --to a --to zebra', /no target zebra/],
      ['replay e-0001 --to a --target a', /--target and --to name the same/],
    ] as const) {
      const run = await cli.run(words.split(' '));
      expect(run.code, words).to.equal(64);
      expect(run.stderr, words).to.match(says);
    }
    const many = Array.from({ length: 12 }, (_, i) => `x${i}`);
    expect((await cli.run(['retry', ...many])).stderr).to.match(/x9 and 2 more\n/);
    const sent = (await cli.run(['now', '--json'])).json<DrainReport>();
    expect(sent).to.include({ selected: 0 });
  });
});

describe('redrain retry', () => {
  it('retries what failed for good, after the receiver was fixed', async () => {
    const cli = new WarmCli();
    let isMended = false;
    const server = await scriptedServer(({ eventIds }) => ({
      status: 200,
      body: JSON.stringify({
        results: eventIds.map((event_id) =>
          isMended
            ? { event_id, status: 'success' }
            : { event_id, status: 'rejected', error: 'no', error_category: 'project_refused' },
        ),
      }),
    }));
    closeAfterTest(() => server.close());
    await captured(cli, envelopes(3));
    sendTo(cli, server.url);
    expect((await cli.run(['now'])).code).to.equal(7);
    expect((await cli.run(['status'])).stdout).to.match(
      /3 failed for good.*`redrain retry --target /,
    );
    isMended = true;
    expect((await cli.run(['now', '--json'])).json<DrainReport>()).to.include({ selected: 0 });

    const one = await cli.run(['retry', '--event', 'e-0001', '--dry-run', '--json']);
    expect(one.json<RetryReport>()).to.include({ selected: 1, dry_run: true });
    const retry = (cause: string) => cli.run(['retry', '--cause', cause, '--dry-run']);
    expect((await retry('no')).stdout).to.match(/3 events would be due now/);
    const nobody = await retry('`rm`\x1b[2J<script>');
    expect(nobody).to.include({ code: 0, stderr: '' });
    expect(nobody.stdout).to.equal(
      'Nothing of this failed for the cause "`rm`\\x1b[2J<script>". `redrain targets show NAME` lists the causes at a target.\n',
    );
    expect(await retry(' ')).to.include({ code: 64 });
    const all = await cli.run(['retry', '--all']);
    expect(all).to.include({ code: 0 });
    expect(all.stdout).to.match(/3 events due now\n`redrain now` sends them/);
    expect((await cli.run(['now', '--json'])).json<DrainReport>()).to.include({ delivered: 3 });
    expect((await cli.run(['retry', '--all'])).stdout).to.match(/nothing to try again/);
  });
});
