import { expect } from 'chai';
import type { TargetSummary } from '../../src/index.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { type Cli } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

async function targets(cli: Cli): Promise<TargetSummary[]> {
  const run = await cli.run(['targets', '--json']);
  return run.json<{ targets: TargetSummary[] }>().targets;
}

async function done(cli: Cli, ...args: string[]): Promise<string> {
  const run = await cli.run(args);
  expect(run.code, run.stderr).to.equal(0);
  return run.stdout;
}

describe('redrain targets', () => {
  it('are labelled, retired and restored, and two can be compared', async () => {
    const cli = new WarmCli();
    await captured(cli, envelopes(3));
    for (const name of ['stub:a', 'stub:b']) {
      sendTo(cli, name);
      await done(cli, 'now', '--limit', name === 'stub:a' ? '3' : '1');
    }
    expect(await done(cli, 'targets', 'label', '1', 'preview of PR 42')).to.match(
      /preview of PR 42/,
    );
    expect(await done(cli, 'diff', 'stub:a', '2')).to.match(
      /^2 events delivered to stub-a and not/,
    );

    expect(await done(cli, 'targets', 'retire', 'stub:b')).to.match(
      /^stub-b \(stub:b\) is retired.*targets restore stub-b/,
    );
    const [a, b] = await targets(cli);
    expect(a).to.include({ label: 'preview of PR 42', retiredAt: null });
    expect(b?.retiredAt).to.be.a('number');
    expect(await done(cli, 'targets')).to.match(/stub-b +retired[\s\S]*stub-b is retired/);

    const refused = await cli.run(['now']);
    expect(refused.code).to.equal(64);
    expect(refused.stderr).to.match(/target stub-b is retired.*redrain targets restore stub-b/);
    expect((await cli.run(['status'])).stdout).to.match(/retired.*redrain targets restore stub-b/);

    await done(cli, 'targets', 'restore', '2');
    await done(cli, 'now');
    expect((await targets(cli))[1]).to.include({ delivered: 3, retiredAt: null });
  });

  it('lose a reset signal when an operator acknowledges it', async () => {
    const cli = new WarmCli();
    sendTo(cli, 'stub:');
    for (const instance of ['first', 'second'])
      await done(cli, 'now', '--deployment', `server_instance_id=${instance}`);
    expect((await targets(cli))[0]?.resetSignal).to.include({ before: 'first', after: 'second' });
    expect(await done(cli, 'targets')).to.match(
      /redrain replay --target stub.*redrain targets ack stub/,
    );
    expect(await done(cli, 'status')).to.match(/may have been reset.*redrain targets ack stub/);
    expect(await done(cli, 'targets', 'ack', '1')).to.match(/acknowledged/);
    expect((await targets(cli))[0]?.resetSignal).to.equal(null);
  });
});
