import { expect } from 'chai';
import { App } from '../../src/app/app.js';
import { migrate } from '../../src/app/spec-kitty/migrate.js';
import { resolveHome } from '../../src/config/home.js';
import { captured, envelopes, sendTo } from '../processes/given-events.js';
import { givenHome, oldEvents, scopedFile, writeQueue } from '../spec-kitty/legacy/old-queues.js';
import { type Cli, inPairs } from '../support/cli.js';
import { eventServer } from '../support/event-server.js';
import { closeAfterTest } from '../support/temporary-home.js';
import { WarmCli } from '../support/warm-cli.js';

describe('incident 3: nothing left to deliver, while the old queue still holds events', () => {
  it('`now` and `status` name every file with rows that wait, and one sender sends them', async () => {
    const server = await eventServer();
    const cli = new WarmCli();
    const paths = givenHome(cli.home);
    const scoped = scopedFile(paths, 'https://a.example', 'ada', 'blue');
    writeQueue(paths.legacyQueue, { rows: oldEvents(3, 'unscoped') });
    writeQueue(scoped, { rows: oldEvents(2, 'scoped') });
    sendTo(cli, server.url);
    await captured(cli, envelopes(2, 'new'));

    const first = await cli.run(['now']);
    expect(first.stdout).to.contain('2 delivered');
    const [again, status] = await inPairs([['now'], ['status', '--check']], (args) =>
      cli.run(args),
    );

    expect(again?.stdout).to.contain('nothing to send');
    for (const run of [first, again])
      expect(run?.stderr)
        .to.contain(`3 rows in ${paths.legacyQueue} waiting`)
        .and.contain(`2 rows in ${scoped} waiting`)
        .and.contain('redrain migrate');
    expect(status?.code).to.equal(2);
    expect(status?.stdout)
      .to.contain(`3 rows wait in an old queue and nothing sends them (${paths.legacyQueue})`)
      .and.contain('2 rows in old queues of other logins');

    await migrated(cli);
    const last = await cli.run(['now']);
    expect(last.stdout).to.contain('5 delivered');
    expect(last.stderr).to.equal('');
    expect(server.posts.flat()).to.have.length(7);
  });
});

async function migrated(cli: Cli): Promise<void> {
  const app = new App({ home: resolveHome({ home: cli.home, env: {} }).home, env: cli.env });
  closeAfterTest(() => app.close());
  await migrate(app);
}
